package dev.rondo;

import dev.rondo.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/// One of the streams of a [StreamBatcher]: fill the input, step, read the output, as if it were alone.
///
/// The tensors have the shapes of one frame of one stream. They and the states are the stream's own, on the
/// heap: they stay as they are until the next step, and go with the stream.
///
/// Threads: one at a time; [#close()] may come from any.
public final class BatchedStream implements AutoCloseable {
    enum Phase {
        /// No frame is under way.
        IDLE,
        /// A frame is in the queue.
        QUEUED,
        /// A step is computing it.
        STEPPING
    }

    final Tensor[] inputs;
    final Tensor[] outputs;
    final Tensor[] states;
    private final Map<String, Tensor> inputsByName;
    private final Map<String, Tensor> outputsByName;
    private final Map<String, Tensor> statesByName;
    private final StateFormat format;
    private final StreamQueue queue;

    // What follows is guarded by the queue's lock, but that a waiting thread looks at the phase without it.
    volatile Phase phase = Phase.IDLE;
    boolean closed;
    long queuedAt;

    @Nullable
    Thread caller;

    @Nullable
    Throwable failure;

    BatchedStream(StreamQueue queue, BatchedSession one) {
        this.queue = queue;
        this.inputsByName = one.frame();
        this.outputsByName = one.result();
        this.statesByName = one.states();
        this.inputs = inputsByName.values().toArray(Tensor[]::new);
        this.outputs = outputsByName.values().toArray(Tensor[]::new);
        this.states = statesByName.values().toArray(Tensor[]::new);
        this.format = new StateFormat(statesByName);
    }

    /// An input's memory, of a frame.
    ///
    /// @throws IllegalArgumentException if there is no input of that name
    public Tensor input(String name) {
        return Session.named(inputsByName, name, "input");
    }

    /// The memory of the only input.
    ///
    /// @throws IllegalArgumentException if there are several
    public Tensor input() {
        return Session.only(inputsByName, "inputs");
    }

    /// An output's memory, of a frame.
    ///
    /// @throws IllegalArgumentException if there is no output of that name
    public Tensor output(String name) {
        return Session.named(outputsByName, name, "output");
    }

    /// The memory of the only output.
    ///
    /// @throws IllegalArgumentException if there are several
    public Tensor output() {
        return Session.only(outputsByName, "outputs");
    }

    /// Computes the next frame, together with those of other streams, and waits for it. Whatever it throws, the
    /// stream is as it was, and can go on.
    ///
    /// @throws InterruptedException     if the thread is interrupted before the frame's step begins; after that
    ///                                  the frame is computed, and the thread stays interrupted
    /// @throws IllegalStateException    if the stream, its batcher or the model is closed, or another thread
    ///                                  uses the stream
    /// @throws IllegalArgumentException if an id is outside its embedding
    public void step() throws InterruptedException {
        queue.enqueue(this);
        boolean interrupted = false;
        while (phase != Phase.IDLE) {
            LockSupport.park(this);
            interrupted |= withdrawnIfInterrupted();
        }
        finish(interrupted);
    }

    /// As [#step()], but gives up where the frame's step has not begun in time.
    ///
    /// @throws TimeoutException if it has not
    public void step(Duration timeout) throws InterruptedException, TimeoutException {
        long deadline = System.nanoTime() + timeout.toNanos();
        queue.enqueue(this);
        boolean interrupted = false;
        while (phase == Phase.QUEUED) {
            long left = deadline - System.nanoTime();
            if (left <= 0 && queue.withdraw(this)) {
                throw new TimeoutException("the frame's step has not begun within " + timeout);
            }
            LockSupport.parkNanos(this, left);
            interrupted |= withdrawnIfInterrupted();
        }
        while (phase != Phase.IDLE) { // a step that has begun ends soon
            LockSupport.park(this);
            interrupted |= Thread.interrupted();
        }
        finish(interrupted);
    }

    /// @return whether the thread has been interrupted when it was too late
    private boolean withdrawnIfInterrupted() throws InterruptedException {
        boolean interrupted = Thread.interrupted();
        if (interrupted && queue.withdraw(this)) {
            throw new InterruptedException();
        }
        return interrupted;
    }

    private void finish(boolean interrupted) {
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        Throwable cause = failure;
        if (cause instanceof IllegalArgumentException) {
            throw new IllegalArgumentException(cause.getMessage(), cause);
        } else if (cause != null) {
            throw new IllegalStateException(cause.getMessage(), cause);
        }
    }

    /// Lets the next frame be the stream's first.
    ///
    /// @throws IllegalStateException as [#step()]
    public void reset() {
        queue.exclusively(
                this, () -> statesByName.values().forEach(state -> state.data().fill((byte) 0)));
    }

    /// The states after the last frame, in the format of [StreamingSession#snapshot()] for one stream.
    ///
    /// @throws IllegalStateException as [#step()]
    public byte[] snapshot() {
        byte[] bytes = new byte[Math.toIntExact(format.byteSize())];
        queue.exclusively(this, () -> format.write(statesByName, MemorySegment.ofArray(bytes)));
        return bytes;
    }

    /// Goes on from a snapshot, whether of a batched stream or of a [StreamingSession] of one stream.
    ///
    /// @throws IllegalStateException    as [#step()]
    /// @throws IllegalArgumentException if it is no snapshot, or that of another network; the states are what
    ///                                  they were before
    public void restore(byte[] snapshot) {
        queue.exclusively(this, () -> format.read(MemorySegment.ofArray(snapshot), statesByName));
    }

    /// Leaves the queue. A thread that waits for a frame whose step has not begun gets an
    /// IllegalStateException. Closing twice is harmless.
    @Override
    public void close() {
        queue.leave(this);
    }
}
