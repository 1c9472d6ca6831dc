package dev.rondo;

import dev.rondo.program.Program;
import dev.rondo.program.Replay;
import dev.rondo.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Collections;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;

/// A model ready to run for inputs of fixed shapes, with memory of its own: write the inputs, run, read the outputs.
///
/// The tensors of inputs and outputs are the engine's own memory: filling and reading them in place copies nothing,
/// and [#run()] allocates nothing. Their content stays until the next run; reading them after [#close()] throws
/// IllegalStateException.
///
/// Threads: one at a time, whichever; a second one that comes while a run is in progress gets an
/// IllegalStateException. [#close()] may come from any thread and waits for the run in progress.
public final class Session implements AutoCloseable {
    private static final int IDLE = 0;
    private static final int RUNNING = 1;
    private static final int CLOSED = 2;
    private static final long PAUSE_NANOS = 50_000;
    private static final VarHandle STATE;

    static {
        try {
            STATE = MethodHandles.lookup().findVarHandle(Session.class, "state", int.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private final Arena arena = Arena.ofShared();
    private final Replay replay;
    private final Program program;
    private final Map<String, Tensor> inputs;
    private final Map<String, Tensor> outputs;
    private final int threads;
    private final boolean looksAhead;
    private final Consumer<Session> onClose;

    @SuppressWarnings("unused") // through STATE
    private volatile int state = IDLE;

    Session(Program program, boolean looksAhead, Consumer<Session> onClose) {
        this.program = program;
        this.looksAhead = looksAhead;
        this.onClose = onClose;
        try {
            this.replay = program.replay(arena);
        } catch (RuntimeException | Error e) {
            arena.close();
            throw e;
        }
        this.inputs = Collections.unmodifiableMap(replay.inputs());
        this.outputs = Collections.unmodifiableMap(replay.outputs());
        this.threads = program.threads();
    }

    /// An input's memory.
    ///
    /// @throws IllegalArgumentException if there is no input of that name
    public Tensor input(String name) {
        return named(inputs, name, "input");
    }

    /// The memory of the only input.
    ///
    /// @throws IllegalArgumentException if there are several
    public Tensor input() {
        return only(inputs, "inputs");
    }

    /// An output's memory.
    ///
    /// @throws IllegalArgumentException if there is no output of that name
    public Tensor output(String name) {
        return named(outputs, name, "output");
    }

    /// The memory of the only output.
    ///
    /// @throws IllegalArgumentException if there are several
    public Tensor output() {
        return only(outputs, "outputs");
    }

    /// All inputs by name.
    public Map<String, Tensor> inputs() {
        return inputs;
    }

    /// All outputs by name.
    public Map<String, Tensor> outputs() {
        return outputs;
    }

    static Tensor named(Map<String, Tensor> tensors, String name, String kind) {
        Tensor tensor = tensors.get(name);
        if (tensor == null) {
            throw new IllegalArgumentException("there is no " + kind + " named " + name + ", only " + tensors.keySet());
        }
        return tensor;
    }

    static Tensor only(Map<String, Tensor> tensors, String kind) {
        if (tensors.size() != 1) {
            throw new IllegalArgumentException("the model has several " + kind + ", name one of " + tensors.keySet());
        }
        return tensors.values().iterator().next();
    }

    /// Computes the outputs from the inputs.
    ///
    /// @throws IllegalStateException    if the session or its model is closed, or another thread runs it right now
    /// @throws IllegalArgumentException if an id is outside its embedding; the outputs are undefined then
    public void run() {
        begin();
        try {
            replay();
        } finally {
            STATE.setRelease(this, IDLE);
        }
    }

    /// Does something with the session's memory while other threads and [#close()] are kept away.
    void exclusively(Runnable action) {
        begin();
        try {
            action.run();
        } finally {
            STATE.setRelease(this, IDLE);
        }
    }

    private void begin() {
        if (!STATE.compareAndSet(this, IDLE, RUNNING)) {
            throw new IllegalStateException(
                    state == CLOSED ? "the session is closed" : "another thread is running the session");
        }
    }

    /// What [#run()] does, for an action that is exclusive already.
    void replay() {
        int processors = Processors.take(threads);
        try {
            replay.run();
        } finally {
            Processors.giveBack(processors);
        }
    }

    /// Whether results come later than the frames they belong to.
    boolean isLookingAhead() {
        return looksAhead;
    }

    /// What the next run starts from; to be asked anew after each run.
    Map<String, Tensor> states() {
        return replay.states();
    }

    /// The instructions of a run, one a line: what is computed, and what computes it.
    public String describe() {
        return program.describe();
    }

    /// Bytes of native memory that the session holds, weights not counted.
    public long byteSize() {
        return program.byteSize();
    }

    /// Waits for the run in progress and frees the memory. Closing twice is harmless.
    ///
    /// @throws IllegalStateException if some other call, such as a write to a channel, still uses an input's or an
    ///                               output's memory; then the session can be closed again
    @Override
    public void close() {
        if (!stop()) {
            return;
        }
        try {
            arena.close();
        } catch (IllegalStateException e) {
            STATE.setRelease(this, IDLE); // the memory is lent to some call: close again when it has returned
            throw new IllegalStateException("the session's memory is in use outside of it: " + e.getMessage(), e);
        }
        replay.close();
        onClose.accept(this);
    }

    /// Waits for the run in progress.
    ///
    /// @return whether it was this call that stopped the session
    private boolean stop() {
        boolean interrupted = false;
        boolean stopped = true;
        while (!STATE.compareAndSet(this, IDLE, CLOSED)) {
            if (state == CLOSED) {
                stopped = false;
                break;
            }
            interrupted |= Thread.interrupted(); // or waiting would not wait
            LockSupport.parkNanos(PAUSE_NANOS);
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        return stopped;
    }
}
