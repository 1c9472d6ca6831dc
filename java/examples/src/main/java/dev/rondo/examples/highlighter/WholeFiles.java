package dev.rondo.examples.highlighter;

import dev.rondo.Input;
import dev.rondo.Model;
import dev.rondo.Session;
import dev.rondo.examples.Corpus;
import dev.rondo.tensor.Shape;
import dev.rondo.tensor.Tensor;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.LongConsumer;

/// What the highlighter is worth on whole files: each is read from its first byte to its last, and every byte counts.
///
/// Files of about equal length run together, padded to the longest.
final class WholeFiles {
    private static final int MAX_BATCH = 16;
    private static final long MAX_POSITIONS = 1 << 17; // of a batch of several files

    private final List<List<byte[]>> batches = new ArrayList<>();

    WholeFiles(Corpus corpus) {
        List<byte[]> sorted = corpus.texts().stream()
                .map(Corpus.Text::bytes)
                .filter(file -> file.length > 0)
                .sorted(Comparator.comparingInt((byte[] file) -> file.length).reversed())
                .toList();
        List<byte[]> batch = new ArrayList<>();
        for (byte[] file : sorted) {
            boolean isFull = batch.size() == MAX_BATCH
                    || !batch.isEmpty() && (batch.size() + 1L) * batch.getFirst().length > MAX_POSITIONS;
            if (isFull) {
                batches.add(batch);
                batch = new ArrayList<>();
            }
            batch.add(file);
        }
        if (!batch.isEmpty()) {
            batches.add(batch);
        }
    }

    /// Bytes of all files.
    long byteSize() {
        return batches.stream()
                .flatMap(List::stream)
                .mapToLong(file -> file.length)
                .sum();
    }

    /// Compares what the highlighter says with what the tagger says.
    ///
    /// @param threads  batches that run at once
    /// @param progress is told how many bytes are done
    Confusion judge(Highlighter highlighter, int threads, LongConsumer progress) {
        List<Input> inputs = List.of(Input.ids("ids", "N", "T"), Input.ids("lengths", "N"));
        Confusion all = new Confusion();
        try (Model model = Model.of(
                        inputs, in -> Map.of("logits", highlighter.forward(in.get("ids"), in.get("lengths"))));
                ExecutorService workers = Executors.newFixedThreadPool(threads)) {
            List<Future<Confusion>> results = batches.stream()
                    .map(batch -> workers.submit(() -> judge(model, batch)))
                    .toList();
            for (Future<Confusion> result : results) {
                all.add(result.get());
                progress.accept(all.total());
            }
            return all;
        } catch (ExecutionException e) {
            throw new IllegalStateException("the highlighter failed", e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("the highlighter was interrupted", e);
        }
    }

    private static Confusion judge(Model model, List<byte[]> batch) {
        int longest = batch.getFirst().length;
        try (Session session = model.session(Shape.of(batch.size(), longest), Shape.of(batch.size()))) {
            Tensor ids = session.input("ids");
            Tensor lengths = session.input("lengths");
            for (int n = 0; n < batch.size(); n++) {
                byte[] file = batch.get(n);
                lengths.data().setAtIndex(ValueLayout.JAVA_LONG, n, file.length);
                for (int t = 0; t < file.length; t++) {
                    ids.data().setAtIndex(ValueLayout.JAVA_LONG, (long) n * longest + t, file[t] & 0xff);
                }
            }
            session.run();
            Confusion confusion = new Confusion();
            for (int n = 0; n < batch.size(); n++) {
                byte[] expected = Tagger.classes(batch.get(n));
                for (int t = 0; t < expected.length; t++) {
                    confusion.add(expected[t], best(session.output("logits"), (long) n * longest + t));
                }
            }
            return confusion;
        }
    }

    private static int best(Tensor logits, long position) {
        int classes = TokenClass.values().length;
        int best = 0;
        float highest = Float.NEGATIVE_INFINITY;
        for (int c = 0; c < classes; c++) {
            float score = logits.data().getAtIndex(ValueLayout.JAVA_FLOAT, position * classes + c);
            if (score > highest) {
                highest = score;
                best = c;
            }
        }
        return best;
    }
}
