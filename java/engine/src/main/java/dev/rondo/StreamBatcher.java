package dev.rondo;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.RejectedExecutionException;

/// Many streams of one model, stepped together: frames that come at about the same time, from any number of
/// threads, are computed in one step, which costs little more than that of a single stream. Streams join and
/// leave between steps, and each has its own state.
///
/// {@snippet :
/// try (StreamBatcher batcher = StreamBatcher.of(model)
///                 .streams(1000)
///                 .latency(Duration.ofMillis(10))
///                 .start();
///         BatchedStream stream = batcher.open()) { // by each of a thousand virtual threads
///     while (microphone.read(frame)) {
///         stream.input().copyFrom(frame);
///         stream.step();
///         System.out.println(stream.output().toFloatArray()[0]);
///     }
/// }
/// }
///
/// - **When a step begins**: as soon as its batch is full, or every stream that is not in a step has a frame in
///   the queue, or the oldest frame has waited for half the latency. The other half is the step's.
/// - **Order**: the frame that came first is computed first. A stream has one frame under way at most, so none
///   can crowd out others, and the queue is never longer than there are streams. [#open()] refuses streams
///   beyond the limit.
/// - **Giving up**: a caller that is interrupted, runs into its timeout or whose stream is closed takes its
///   frame back as long as its step has not begun. A frame at fault fails its own caller only.
/// - **The end**: [#close()] lets frames in the queue be computed and refuses new ones.
///
/// Results are those of a [StreamingSession]: the same bits from an RNN, LSTM or GRU as long as a step has up to 32
/// frames; products of other layers add in an order that the size of the batch may change.
///
/// Threads: any.
public final class StreamBatcher implements AutoCloseable {
    /// Says what a batcher shall be like before it starts.
    public static final class Builder {
        private final Model model;
        private String samples = "N";
        private int streams = 1024;
        private int batch = 32;
        private int threads = 1;
        private Duration latency = Duration.ofMillis(10);
        private BatchListener listener = BatchListener.NONE;

        private Builder(Model model) {
            this.model = model;
        }

        /// The symbol of the dimension, among those of the model's inputs, that has a place for each stream:
        /// `N` unless set. All other symbols are 1, such as the time of a frame.
        public Builder samples(String symbol) {
            samples = symbol;
            return this;
        }

        /// Streams that may be open at a time: 1024 unless set.
        public Builder streams(int most) {
            streams = positive(most, "number of streams");
            return this;
        }

        /// Frames that a step may have: 32 unless set.
        public Builder batch(int most) {
            batch = positive(most, "size of a batch");
            return this;
        }

        /// Step threads, each of which computes a step of its own on one processor: 1 unless set. More than
        /// there are processors makes nothing faster.
        public Builder threads(int count) {
            threads = positive(count, "number of threads");
            return this;
        }

        /// The time that a frame shall take from the call to the answer: 10 ms unless set. It is kept as long
        /// as the steps are fast enough for the frames that come.
        public Builder latency(Duration bound) {
            if (bound.isNegative()) {
                throw new IllegalArgumentException("the latency " + bound + " is negative");
            }
            latency = bound;
            return this;
        }

        /// Who is told about queue and steps: nobody unless set.
        public Builder listener(BatchListener told) {
            listener = told;
            return this;
        }

        private static int positive(int value, String what) {
            if (value < 1) {
                throw new IllegalArgumentException("the " + what + " is to be positive, not " + value);
            }
            return value;
        }

        /// Prepares sessions of all sizes, and starts the threads.
        ///
        /// @throws IllegalArgumentException if the network cannot stream, or naming the input, output or state
        ///                                  that has no row for each stream
        /// @throws IllegalStateException    if the model is closed
        public StreamBatcher start() {
            return new StreamBatcher(this);
        }
    }

    private final StreamQueue queue;
    private final List<BatchedSession> sessions = new ArrayList<>();
    private final List<StepThread> threads = new ArrayList<>();
    private final BatchedSession one;

    private StreamBatcher(Builder builder) {
        int batch = Math.min(builder.batch, builder.streams);
        this.queue = new StreamQueue(builder.streams, batch, builder.latency.toNanos() / 2);
        try {
            for (int i = 1; i <= builder.threads; i++) {
                List<BatchedSession> own = BatchedSession.upTo(builder.model, builder.samples, batch);
                sessions.addAll(own);
                threads.add(new StepThread("rondo-step-" + i, queue, own, builder.listener));
            }
        } catch (RuntimeException | Error e) {
            sessions.forEach(BatchedSession::close);
            throw e;
        }
        this.one = sessions.getFirst();
        threads.forEach(Thread::start);
    }

    /// A batcher of a model, which stays the caller's.
    public static Builder of(Model model) {
        return new Builder(model);
    }

    /// A new stream, at its beginning.
    ///
    /// @throws RejectedExecutionException if as many streams are open as there may be
    /// @throws IllegalStateException      if the batcher is closed
    public BatchedStream open() {
        queue.join();
        return new BatchedStream(queue, one);
    }

    /// Streams that are open.
    public int openStreams() {
        return queue.openStreams();
    }

    /// Frames that wait for their step to begin.
    public int queuedFrames() {
        return queue.size();
    }

    /// Lets the frames in the queue be computed, and ends the threads. Closing twice is harmless; closing the
    /// model first makes the frames fail.
    @Override
    public void close() {
        queue.close();
        boolean interrupted = false;
        for (StepThread thread : threads) {
            while (thread.isAlive()) {
                try {
                    thread.join();
                } catch (InterruptedException e) {
                    interrupted = true; // or closing would not wait
                }
            }
        }
        sessions.forEach(BatchedSession::close);
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
