package dev.rondo.decode;

import dev.rondo.nn.Attention;
import dev.rondo.nn.Decoder;
import dev.rondo.nn.Functional;
import dev.rondo.nn.Seq2Seq;
import dev.rondo.op.Copy;
import dev.rondo.op.Likeliest;
import dev.rondo.program.PackedWeights;
import dev.rondo.program.Program;
import dev.rondo.program.Recorder;
import dev.rondo.program.Replay;
import dev.rondo.program.Value;
import dev.rondo.tensor.DataType;
import dev.rondo.tensor.Shape;
import dev.rondo.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// A program of a [Generator] with memory to run in: the encoder for some sources, or a step of the decoder.
///
/// What a decoder attends to and its states have the same names in both: `values`, `keys`, `mask` and `copies`, of
/// which each source has a row, in their first dimension; `h`, `c`, `feed` and `past`, of which each hypothesis has
/// one, in the last dimension but one.
final class Recorded implements AutoCloseable {
    private final Arena arena = Arena.ofShared();
    private final Program program;
    private final Replay replay;
    final Map<String, Tensor> inputs;
    final Map<String, Tensor> outputs;
    private long runs;

    /// What the programs of a generator have in common.
    ///
    /// @param tables whether layers that read ids keep tables
    record Settings(PackedWeights weights, int threads, boolean tables) {
        private Recorder applied(Recorder recorder) {
            if (tables) {
                recorder.keepTables();
            }
            return recorder;
        }
    }

    private Recorded(Recorder recorder, Settings settings) {
        program = recorder.finish(settings.weights, settings.threads);
        replay = program.replay(arena);
        inputs = replay.inputs();
        outputs = replay.outputs();
    }

    /// The encoder: `source` (S, N) and `lengths` (N) to what a decoder starts from.
    static Recorded encoder(Seq2Seq network, Settings settings, long steps, long batch) {
        Recorder recorder = settings.applied(new Recorder());
        Value source = recorder.input("source", Shape.of(steps, batch), DataType.I64);
        Value lengths = recorder.input("lengths", Shape.of(batch), DataType.I64);
        Seq2Seq.Start start = network.encode(source, lengths);
        output(recorder, "h", start.state().h());
        output(recorder, "c", start.state().c());
        output(recorder, "feed", start.state().feed());
        output(recorder, "past", start.state().past());
        if (start.memory() != null) {
            Attention.Memory memory = network.decoder().read(start.memory());
            output(recorder, "values", memory.values());
            output(recorder, "keys", memory.keys());
            output(recorder, "mask", memory.mask());
            output(recorder, "copies", memory.copies());
        }
        return new Recorded(recorder, settings);
    }

    private static void output(Recorder recorder, String name, @Nullable Value value) {
        if (value != null) {
            Value dense = Functional.contiguous(value);
            recorder.output(
                    name,
                    dense.isComputed()
                            ? dense
                            : recorder.record(new Copy(dense)).output());
        }
    }

    /// A step of the decoder: `ids` (N * K), and `parents` (N * K), the rows that they continue, to `logits`
    /// (N * K, V), with `norms` and `likeliest` of [Likeliest], and `weights` (N, K, S) of attention.
    ///
    /// @param encoder of as many sources, or more, and as many of their ids
    /// @param batch   N
    /// @param width   K
    static Recorded step(Seq2Seq network, Settings settings, Recorded encoder, long batch, long width) {
        Recorder recorder = settings.applied(Recorder.streaming());
        Decoder decoder = network.decoder();
        long rows = batch * width;
        Value ids = recorder.input("ids", Shape.of(rows), DataType.I64).reshape(1, rows);
        Value parents = width == 1 ? null : recorder.input("parents", Shape.of(rows), DataType.I64);
        Value h = state(recorder, encoder, "h", rows);
        Value c = state(recorder, encoder, "c", rows);
        Value feed = state(recorder, encoder, "feed", rows);
        Value past = state(recorder, encoder, "past", rows);
        Decoder.State before = new Decoder.State(h, c, feed, past, parents);
        Decoder.Output output = decoder.forward(ids, before, memory(recorder, decoder, encoder, batch));
        Decoder.State after = output.state();
        recorder.carry(h, whole(after.h()));
        if (c != null) {
            recorder.carry(c, whole(after.c()));
        }
        if (feed != null) {
            recorder.carry(feed, whole(after.feed()));
        }
        if (past != null) {
            recorder.carry(past, whole(after.past()));
        }
        Value logits = output.logits().reshape(rows, decoder.vocabulary());
        Likeliest likeliest = recorder.record(new Likeliest(logits, Math.min(candidates(width), decoder.vocabulary())));
        recorder.output("logits", logits);
        recorder.output("norms", likeliest.norms());
        recorder.output("likeliest", likeliest.ids());
        if (output.weights() != null) {
            recorder.output("weights", output.weights());
        }
        return new Recorded(recorder, settings);
    }

    /// How many ids a hypothesis may need: twice the beam, beside start and end, which may not be allowed.
    private static long candidates(long width) {
        return 2 * width + 2;
    }

    private static @Nullable Value state(Recorder recorder, Recorded encoder, String name, long rows) {
        Tensor initial = encoder.outputs.get(name);
        return initial == null ? null : recorder.state(name, initial.shape().with(-2, rows));
    }

    /// A value that can be carried: the whole of memory of its own.
    private static Value whole(Value value) {
        Value dense = Functional.contiguous(value);
        return dense.isComputed()
                ? dense
                : dense.recorder().record(new Copy(dense)).output();
    }

    private static Attention.@Nullable Memory memory(Recorder recorder, Decoder decoder, Recorded encoder, long batch) {
        Value values = input(recorder, encoder, "values", batch);
        if (values == null) {
            return null;
        }
        return new Attention.Memory(
                values,
                input(recorder, encoder, "keys", batch),
                input(recorder, encoder, "mask", batch),
                input(recorder, encoder, "copies", batch),
                decoder.canRead());
    }

    private static @Nullable Value input(Recorder recorder, Recorded encoder, String name, long batch) {
        Tensor given = encoder.outputs.get(name);
        return given == null ? null : recorder.input(name, given.shape().with(0, batch), given.type());
    }

    void run() {
        replay.run(runs++);
    }

    /// What the next run starts from, by name: (…, N * K, …).
    Map<String, Tensor> states() {
        return replay.states();
    }

    /// Copies what a hypothesis has of a state (…, N * K, F) to the place of another one.
    static void copyState(Tensor from, long row, Tensor to, long target) {
        long bytes = from.shape().size(-1) * Float.BYTES;
        long rows = from.shape().size(-2);
        long targets = to.shape().size(-2);
        for (long part = 0; part < from.data().byteSize() / (rows * bytes); part++) {
            MemorySegment.copy(
                    from.data(), (part * rows + row) * bytes, to.data(), (part * targets + target) * bytes, bytes);
        }
    }

    /// Copies what a source has of a tensor (N, …) to the place of another one.
    static void copySource(Tensor from, long source, Tensor to, long target) {
        long bytes = from.data().byteSize() / from.shape().size(0);
        MemorySegment.copy(from.data(), source * bytes, to.data(), target * bytes, bytes);
    }

    long byteSize() {
        return program.byteSize();
    }

    @Override
    public void close() {
        arena.close();
        replay.close();
        program.close();
    }
}
