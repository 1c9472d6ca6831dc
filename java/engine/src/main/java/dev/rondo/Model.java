package dev.rondo;

import static java.lang.System.Logger.Level.DEBUG;

import dev.rondo.nn.Functional;
import dev.rondo.nn.Module;
import dev.rondo.op.Copy;
import dev.rondo.program.PackedWeights;
import dev.rondo.program.Program;
import dev.rondo.program.Recorder;
import dev.rondo.program.StreamPart;
import dev.rondo.program.Value;
import dev.rondo.tensor.Shape;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/// A network with its weights: immutable, and shared by any number of sessions.
///
/// Weights are packed once for each layout that oneDNN wants, and programs are shared by all sessions of the same
/// input shapes and thread count.
///
/// {@snippet :
/// try (Model model = Model.load(Path.of("tagger"));
///         Session session = model.session(Shape.of(1, 1912))) { // ids (N, T)
///     session.input().copyFrom(ids);
///     session.run();
///     float[] logits = session.output().toFloatArray(); // (N, T, 10)
/// }
/// }
///
/// Threads: any. [#close()] waits for the sessions' runs in progress, then frees all memory; using the model or a
/// session afterwards throws IllegalStateException.
public final class Model implements AutoCloseable {
    /// What a model computes: records the outputs, by name, for the given inputs.
    @FunctionalInterface
    public interface Network {
        /// @param inputs the model's inputs by name
        Map<String, Value> record(Map<String, Value> inputs);
    }

    /// The most threads a session may use: OpenMP ends the process where it cannot start as many as it is told to.
    public static final int MAX_THREADS = 256;

    private static final System.Logger LOG = System.getLogger("dev.rondo");

    /// Its components are of the JDK's own classes: how to compare those of others the JDK remembers, and with it the
    /// class loader of an application that has been undeployed.
    ///
    /// @param part of a stream, a [StreamPart], or null for inputs that are whole
    private record ProgramKey(
            List<Shape> shapes, int threads, @Nullable Enum<?> part) {}

    private static final class SharedProgram {
        final Program program;
        final boolean looksAhead;
        int sessions;

        SharedProgram(Program program, boolean looksAhead) {
            this.program = program;
            this.looksAhead = looksAhead;
        }
    }

    private final List<Input> inputs;
    private final Network network;
    private final PackedWeights weights = new PackedWeights();
    private final ReentrantLock lock = new ReentrantLock(); // guards what follows
    private final Map<ProgramKey, SharedProgram> programs = new HashMap<>();
    private final Set<Session> sessions = new HashSet<>();
    private boolean closed; // no new sessions
    private boolean freed;

    private Model(List<Input> inputs, Network network) {
        this.inputs = List.copyOf(inputs);
        this.network = network;
    }

    /// A model of one module: its output is named `output`. The module's weights must not change any more.
    public static Model of(Module module, Input input) {
        return of(List.of(input), values -> Map.of("output", module.forward(values.get(input.name()))));
    }

    /// A model of one module over sequences of unequal lengths, padded at their ends: recurrent layers read
    /// each as if it were alone, as with a [dev.rondo.nn.PackedSequence]. What outputs hold in the padding
    /// means nothing.
    ///
    /// {@snippet :
    /// try (Model model = Model.of(tagger, Input.ids("ids", "N", "T"), Input.ids("lengths", "N"));
    ///         Session session = model.session(Shape.of(2, 40), Shape.of(2))) {
    ///     session.input("ids").copyFrom(ids);
    ///     session.input("lengths").copyFrom(new long[] {40, 17}); // from 1 to T
    ///     session.run();
    /// }
    /// }
    ///
    /// @param lengths how many steps of each sequence count: 64-bit integers (N)
    public static Model of(Module module, Input input, Input lengths) {
        return of(List.of(input, lengths), values -> {
            Value x = values.get(input.name());
            x.recorder().setLengths(values.get(lengths.name()));
            return Map.of("output", module.forward(x));
        });
    }

    /// A model of any network. The weights of its modules must not change any more.
    public static Model of(List<Input> inputs, Network network) {
        return new Model(inputs, network);
    }

    /// Reads a model file: `.safetensors` with a `model.json` beside it, that `model.json`, or their folder.
    ///
    /// @throws IOException                                    if a file cannot be read
    /// @throws dev.rondo.format.MalformedFileException if a file's content is at fault
    public static Model load(Path file) throws IOException {
        return ModelFile.read(file).model();
    }

    /// The inputs.
    public List<Input> inputs() {
        return inputs;
    }

    /// A session with one thread.
    ///
    /// @param shapes shapes of the inputs, in the order of [#inputs()]
    /// @throws IllegalArgumentException if a shape does not fit its input
    public Session session(Shape... shapes) {
        return session(1, shapes);
    }

    /// A session whose instructions may use several threads.
    ///
    /// @param threads how many, up to [#MAX_THREADS]; more than there are processors makes nothing faster
    /// @param shapes  shapes of the inputs, in the order of [#inputs()]
    /// @throws IllegalArgumentException if the number of threads is not positive, or a shape does not fit its
    ///            input
    public Session session(int threads, Shape... shapes) {
        return open(null, threads, shapes);
    }

    /// A session over streams, with one thread: each step goes on where the one before it ended.
    ///
    /// Models that look ahead ([dev.rondo.nn.LookAhead]) give their results late; their dimension of time has to be
    /// named T.
    ///
    /// @param shapes shapes of one step's inputs, in the order of [#inputs()]: of one frame or several
    /// @throws IllegalArgumentException if a shape does not fit its input, or naming a layer that reads from
    ///                                  right to left
    public StreamingSession stream(Shape... shapes) {
        return stream(1, shapes);
    }

    /// A session over streams whose instructions may use several threads.
    ///
    /// @param threads how many, up to [#MAX_THREADS]
    /// @param shapes  shapes of one step's inputs, in the order of [#inputs()]: of one frame or several
    /// @throws IllegalArgumentException if the number of threads is not positive, a shape does not fit its
    ///                                  input, or naming a layer that reads from right to left
    public StreamingSession stream(int threads, Shape... shapes) {
        return new StreamingSession(this, threads, shapes);
    }

    Session open(@Nullable StreamPart part, int threads, Shape... shapes) {
        if (threads < 1 || threads > MAX_THREADS) {
            throw new IllegalArgumentException("number of threads " + threads + " is not between 1 and " + MAX_THREADS);
        }
        if (shapes.length != inputs.size()) {
            throw new IllegalArgumentException("the model has " + inputs.size() + " inputs " + inputs + ", but "
                    + shapes.length + " shapes are given");
        }
        Map<String, Long> symbols = new LinkedHashMap<>();
        for (int i = 0; i < shapes.length; i++) {
            inputs.get(i).bind(shapes[i], symbols);
        }
        ProgramKey key = new ProgramKey(List.of(shapes), threads, part);
        lock.lock();
        try {
            if (closed) {
                throw new IllegalStateException("the model is closed");
            }
            SharedProgram shared = programs.computeIfAbsent(key, _ -> record(key, part));
            shared.sessions++;
            try {
                Session session = new Session(shared.program, shared.looksAhead, closing -> release(closing, key));
                sessions.add(session);
                return session;
            } catch (RuntimeException | Error e) {
                release(key);
                throw e;
            }
        } finally {
            lock.unlock();
        }
    }

    /// Records what the model computes: for those who write it down in another form.
    ///
    /// @param recorder where it is recorded
    /// @param shapes   shapes of the inputs, in the order of [#inputs()]
    /// @return the outputs by name
    public Map<String, Value> record(Recorder recorder, List<Shape> shapes) {
        Map<String, Value> values = new LinkedHashMap<>();
        for (int i = 0; i < inputs.size(); i++) {
            Input input = inputs.get(i);
            values.put(input.name(), recorder.input(input.name(), shapes.get(i), input.type()));
        }
        return network.record(values);
    }

    private SharedProgram record(ProgramKey key, @Nullable StreamPart part) {
        Recorder recorder = part == null ? new Recorder() : Recorder.streaming(part);
        record(recorder, key.shapes()).forEach((name, value) -> recorder.output(name, computed(recorder, value)));
        Program program = recorder.finish(weights, key.threads());
        if (LOG.isLoggable(DEBUG)) {
            LOG.log(DEBUG, "a program for {0} with {1} threads:\n{2}", key.shapes(), key.threads(), program.describe());
        }
        return new SharedProgram(program, recorder.isLookingAhead());
    }

    private static Value computed(Recorder recorder, Value value) {
        Value dense = Functional.contiguous(value);
        return dense.isComputed() && !recorder.isCarried(dense)
                ? dense
                : recorder.record(new Copy(dense)).output();
    }

    private void release(Session session, ProgramKey key) {
        lock.lock();
        try {
            sessions.remove(session);
            release(key);
        } finally {
            lock.unlock();
        }
    }

    private void release(ProgramKey key) {
        SharedProgram shared = Objects.requireNonNull(programs.get(key));
        if (--shared.sessions == 0) {
            programs.remove(key);
            shared.program.close();
        }
    }

    /// Bytes of packed weights.
    public long weightBytes() {
        return weights.byteSize();
    }

    /// Waits for runs in progress, closes all sessions and frees the weights. Closing twice is harmless.
    ///
    /// @throws IllegalStateException if a session's memory is in use outside of it, see [Session#close()]; then
    ///                               the model can be closed again
    @Override
    public void close() {
        List<Session> open;
        lock.lock();
        try {
            if (freed) {
                return;
            }
            closed = true;
            open = new ArrayList<>(sessions);
        } finally {
            lock.unlock();
        }
        open.forEach(Session::close);
        free();
    }

    private void free() {
        lock.lock();
        try {
            if (!freed) {
                freed = true;
                weights.close();
            }
        } finally {
            lock.unlock();
        }
    }
}
