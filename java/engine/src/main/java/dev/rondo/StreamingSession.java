package dev.rondo;

import dev.rondo.program.StreamPart;
import dev.rondo.tensor.Shape;
import dev.rondo.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// A model over streams that arrive in pieces: each step reads some frames and goes on where the one before it
/// ended.
///
/// A session has as many streams as its inputs have samples (N), and a step has as many frames of each (T). The
/// recurrent layers' states are carried from step to step without being copied; a step that fails changes
/// nothing. What else a network computes over time, such as a mean, it computes within a step.
///
/// {@snippet :
/// try (StreamingSession stream = model.stream(Shape.of(1, 1, 40))) { // T, N, features
///     while (microphone.read(frame)) {
///         stream.input().copyFrom(frame);
///         stream.step();
///         System.out.println(stream.output().toFloatArray()[0]);
///     }
///     byte[] state = stream.snapshot(); // for a session of any number of frames, on any machine
/// }
/// }
///
/// Threads: as a [Session]'s. Closing the model closes its streaming sessions, too.
public final class StreamingSession implements AutoCloseable {
    private final Session session;
    private final StateFormat format;
    private final @Nullable DelayedStream delayed; // where the model looks ahead

    StreamingSession(Model model, int threads, Shape... shapes) {
        this.session = model.open(StreamPart.MIDDLE, threads, shapes);
        try {
            this.format = new StateFormat(session.states());
            this.delayed =
                    session.isLookingAhead() ? new DelayedStream(model, threads, session, List.of(shapes)) : null;
        } catch (RuntimeException | Error e) {
            session.close();
            throw e;
        }
    }

    /// By how many frames results are late: 0 unless the model looks ahead.
    public long latency() {
        return delayed == null ? 0 : delayed.latency();
    }

    /// An input's memory.
    ///
    /// @throws IllegalArgumentException if there is no input of that name
    public Tensor input(String name) {
        return session.input(name);
    }

    /// The memory of the only input.
    ///
    /// @throws IllegalArgumentException if there are several
    public Tensor input() {
        return session.input();
    }

    /// An output's memory. Where the model looks ahead, it is another one at the beginning and at the end of a stream.
    ///
    /// @throws IllegalArgumentException if there is no output of that name
    /// @throws IllegalStateException    if the last step has given no results
    public Tensor output(String name) {
        return results().output(name);
    }

    /// The memory of the only output, as [#output(String)].
    ///
    /// @throws IllegalArgumentException if there are several
    /// @throws IllegalStateException    if the last step has given no results
    public Tensor output() {
        return results().output();
    }

    private Session results() {
        if (delayed == null) {
            return session;
        }
        Session current = delayed.current();
        if (current == null) {
            throw new IllegalStateException(
                    "there are no results yet: they come " + latency() + " frames later than what they belong to");
        }
        return current;
    }

    /// All inputs by name.
    public Map<String, Tensor> inputs() {
        return session.inputs();
    }

    /// All outputs by name, as [#output(String)].
    ///
    /// @throws IllegalStateException if the last step has given no results
    public Map<String, Tensor> outputs() {
        return results().outputs();
    }

    /// Computes the outputs of the next frames. Where the model looks ahead, they belong to frames before
    /// ([#latency()]), and first steps give none.
    ///
    /// @return whether there are results: always, unless the model looks ahead
    /// @throws IllegalStateException    if the session or its model is closed, or another thread uses it right
    ///                                  now
    /// @throws IllegalArgumentException if an id is outside its embedding; the states are what they were before
    public boolean step() {
        if (delayed == null) {
            session.run();
            return true;
        }
        session.exclusively(delayed::step);
        return delayed.current() != null;
    }

    /// Ends the streams: gives the results that are late. Only a reset or a restored snapshot lets a step follow.
    ///
    /// @return whether there are results: never, unless the model looks ahead
    /// @throws IllegalStateException as [#step()], or if the streams have ended already
    public boolean finish() {
        if (delayed == null) {
            return false;
        }
        session.exclusively(delayed::finish);
        return delayed.current() != null;
    }

    /// Lets the next step be the first of its streams.
    ///
    /// @throws IllegalStateException as [#step()]
    public void reset() {
        session.exclusively(() -> {
            session.states().values().forEach(state -> state.data().fill((byte) 0));
            if (delayed != null) {
                delayed.reset();
            }
        });
    }

    /// Bytes that a snapshot takes.
    public long snapshotBytes() {
        return format.byteSize();
    }

    /// The states after the last step, for [#restore(byte\[\])].
    ///
    /// @throws IllegalStateException as [#step()], or if the model looks ahead and has given no results yet
    public byte[] snapshot() {
        byte[] bytes = new byte[Math.toIntExact(snapshotBytes())];
        snapshot(MemorySegment.ofArray(bytes));
        return bytes;
    }

    /// Writes the states after the last step: a header that says whose they are, then little-endian floats.
    ///
    /// @param into [#snapshotBytes()] bytes
    /// @throws IllegalStateException    as [#step()]
    /// @throws IllegalArgumentException if there are more or fewer bytes
    public void snapshot(MemorySegment into) {
        session.exclusively(() -> {
            if (delayed != null) {
                delayed.requireBegun();
            }
            format.write(session.states(), into);
        });
    }

    /// Goes on from a snapshot.
    ///
    /// @throws IllegalStateException    as [#step()]
    /// @throws IllegalArgumentException if it is no snapshot, or that of another network or number of streams;
    ///                                  the states are what they were before
    public void restore(byte[] snapshot) {
        restore(MemorySegment.ofArray(snapshot));
    }

    /// Goes on from a snapshot.
    ///
    /// @throws IllegalStateException    as [#step()]
    /// @throws IllegalArgumentException if it is no snapshot, or that of another network or number of streams;
    ///                                  the states are what they were before
    public void restore(MemorySegment snapshot) {
        session.exclusively(() -> {
            format.read(snapshot, session.states());
            if (delayed != null) {
                delayed.restored();
            }
        });
    }

    /// The instructions of a step, one a line: what is computed, and what computes it.
    public String describe() {
        return session.describe();
    }

    /// Bytes of native memory that the session holds, weights not counted.
    public long byteSize() {
        return session.byteSize() + (delayed == null ? 0 : delayed.byteSize());
    }

    /// Waits for the step in progress and frees the memory. Closing twice is harmless.
    ///
    /// @throws IllegalStateException as [Session#close()]
    @Override
    public void close() {
        session.close();
        if (delayed != null) {
            delayed.close();
        }
    }
}
