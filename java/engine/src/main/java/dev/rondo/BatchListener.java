package dev.rondo;

/// Told how a [StreamBatcher] fares. Its methods are called between the steps, by each of the step threads:
/// they have to be quick, and must not call the batcher.
///
/// {@snippet :
/// BatchListener listener = new BatchListener() {
///     private final LongAdder steps = new LongAdder();
///
///     @Override
///     public void stepped(int frames, long nanos) {
///         steps.increment();
///     }
/// };
/// }
///
/// Threads: any number at the same time.
public interface BatchListener {
    /// Hears nothing.
    BatchListener NONE = new BatchListener() {};

    /// A frame has left the queue for a step.
    ///
    /// @param nanos how long it was in the queue
    default void dequeued(long nanos) {}

    /// A step is done.
    ///
    /// @param frames frames that it computed, one each of so many streams
    /// @param nanos  how long it took, frames and states in and out included
    default void stepped(int frames, long nanos) {}
}
