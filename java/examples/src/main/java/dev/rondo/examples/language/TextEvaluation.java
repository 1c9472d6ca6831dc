package dev.rondo.examples.language;

import dev.rondo.examples.Reporter;
import dev.rondo.nn.Losses;
import dev.rondo.tensor.DataType;
import dev.rondo.tensor.Shape;
import dev.rondo.train.Evaluation;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/// How many bits a network needs for each byte of a text, guessing every byte once from all that is before it in its
/// stream.
///
/// The streams are divided among threads.
///
/// Threads: one.
final class TextEvaluation implements AutoCloseable {
    /// Some streams.
    ///
    /// @param first     the first of them
    /// @param evaluation with their states
    private record Part(int first, Evaluation evaluation) {}

    /// What a part needed for a window.
    private record Cost(double nats, int bytes) {}

    private final Windows windows;
    private final List<Part> parts = new ArrayList<>();
    private final ExecutorService threads;

    /// @param hidden  width of the network's states
    /// @param threads as many as there are, or fewer if the streams are not divisible by it
    TextEvaluation(ByteNetwork network, int hidden, Windows windows, int threads) {
        this.windows = windows;
        int count = windows.streams() % threads == 0 ? threads : 1;
        this.threads = Executors.newFixedThreadPool(count);
        try {
            int streams = windows.streams() / count;
            for (int i = 0; i < count; i++) {
                parts.add(new Part(i * streams, evaluation(network, hidden, streams)));
            }
        } catch (Throwable e) { // out of memory, too
            close();
            throw e;
        }
    }

    private Evaluation evaluation(ByteNetwork network, int hidden, int streams) {
        return Evaluation.builder()
                .input(
                        "ids",
                        Shape.of(windows.steps(), streams, windows.features().count()),
                        DataType.I64)
                .input("targets", Shape.of(windows.steps(), streams), DataType.I64)
                .state("h", Shape.of(1, streams, hidden))
                .state("c", Shape.of(1, streams, hidden))
                .record(in -> {
                    ByteNetwork.Output y = network.forward(in.get("ids"), in.get("h"), in.get("c"));
                    in.carry("h", y.hN());
                    in.carry("c", y.cN());
                    return Losses.crossEntropy(y.logits(), in.get("targets"));
                });
    }

    /// Bits per byte with the network's present weights.
    double run(Reporter.Task task) {
        for (Part part : parts) {
            part.evaluation.state("h").data().fill((byte) 0);
            part.evaluation.state("c").data().fill((byte) 0);
        }
        double nats = 0;
        long bytes = 0;
        for (int i = 0; i < windows.count(); i++) {
            int window = i;
            List<Future<Cost>> costs = parts.stream()
                    .map(part -> threads.submit(() -> cost(part, window)))
                    .toList();
            for (Future<Cost> cost : costs) {
                nats += get(cost).nats;
                bytes += get(cost).bytes;
            }
            task.reach(bytes, "");
        }
        return nats / bytes / Math.log(2);
    }

    private Cost cost(Part part, int window) {
        Evaluation evaluation = part.evaluation;
        int bytes = windows.fill(window, part.first, evaluation.input("ids"), evaluation.input("targets"));
        float mean = evaluation.run();
        return new Cost(bytes == 0 ? 0 : (double) mean * bytes, bytes);
    }

    private static Cost get(Future<Cost> cost) {
        try {
            return cost.get();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("the evaluation was interrupted", e);
        } catch (ExecutionException e) {
            throw new IllegalStateException("the evaluation failed", e.getCause());
        }
    }

    @Override
    public void close() {
        threads.close(); // waits for its tasks
        parts.forEach(part -> part.evaluation.close());
    }
}
