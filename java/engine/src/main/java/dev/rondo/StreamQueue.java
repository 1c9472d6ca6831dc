package dev.rondo;

import dev.rondo.BatchedStream.Phase;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;

/// The frames that wait for a step of a [StreamBatcher], first come first served, and which streams there are.
///
/// Threads: any. Callers put frames in and wait for their phase to change; step threads take batches out.
final class StreamQueue {
    private final int mostStreams;
    private final int batch;
    private final long patienceNanos;

    private final ReentrantLock lock = new ReentrantLock(); // guards what follows, and the streams' phases
    private final Condition work = lock.newCondition();
    private final Deque<BatchedStream> queue = new ArrayDeque<>();
    private int open;
    private int stepping;
    private boolean closed;

    /// @param mostStreams   streams that may be open
    /// @param batch         frames that a step may have
    /// @param patienceNanos how long the oldest frame waits for others
    StreamQueue(int mostStreams, int batch, long patienceNanos) {
        this.mostStreams = mostStreams;
        this.batch = batch;
        this.patienceNanos = patienceNanos;
    }

    /// Counts a new stream.
    void join() {
        lock.lock();
        try {
            requireOpen();
            if (open == mostStreams) {
                throw new RejectedExecutionException("all " + mostStreams + " streams of the batcher are open");
            }
            open++;
        } finally {
            lock.unlock();
        }
    }

    void leave(BatchedStream stream) {
        lock.lock();
        try {
            if (stream.closed) {
                return;
            }
            stream.closed = true;
            open--;
            if (stream.phase == Phase.QUEUED) {
                stream.failure = new IllegalStateException("the stream is closed");
                withdraw(stream);
                LockSupport.unpark(stream.caller);
            }
            work.signal(); // it may have been the one that the next step was waiting for
        } finally {
            lock.unlock();
        }
    }

    void enqueue(BatchedStream stream) {
        lock.lock();
        try {
            requireOpen();
            requireIdle(stream);
            stream.phase = Phase.QUEUED;
            stream.caller = Thread.currentThread();
            stream.failure = null;
            stream.queuedAt = System.nanoTime();
            queue.add(stream);
            if (queue.size() == 1 || isComplete()) {
                work.signal();
            }
        } finally {
            lock.unlock();
        }
    }

    /// @return whether the stream's frame was still in the queue
    boolean withdraw(BatchedStream stream) {
        lock.lock();
        try {
            if (stream.phase != Phase.QUEUED) {
                return false;
            }
            queue.remove(stream);
            stream.phase = Phase.IDLE;
            return true;
        } finally {
            lock.unlock();
        }
    }

    /// Does something with a stream that has no frame under way.
    void exclusively(BatchedStream stream, Runnable action) {
        lock.lock();
        try {
            requireIdle(stream);
            action.run();
        } finally {
            lock.unlock();
        }
    }

    private void requireOpen() {
        if (closed) {
            throw new IllegalStateException("the batcher is closed");
        }
    }

    private static void requireIdle(BatchedStream stream) {
        if (stream.closed) {
            throw new IllegalStateException("the stream is closed");
        }
        if (stream.phase != Phase.IDLE) {
            throw new IllegalStateException("another thread is stepping the stream");
        }
    }

    /// Waits until a step is due, and takes its frames.
    ///
    /// @param into an empty list
    /// @return whether there is a step; if not, there will be no more
    boolean take(List<BatchedStream> into) {
        lock.lock();
        try {
            while (!isDue()) {
                if (queue.isEmpty() && closed) {
                    return false;
                }
                awaitWork();
            }
            while (into.size() < batch && !queue.isEmpty()) {
                BatchedStream stream = queue.poll();
                stream.phase = Phase.STEPPING;
                into.add(stream);
            }
            stepping += into.size();
            if (!queue.isEmpty()) {
                work.signal(); // another step thread
            }
            return true;
        } finally {
            lock.unlock();
        }
    }

    private void awaitWork() {
        try {
            if (queue.isEmpty()) {
                work.await();
            } else {
                work.awaitNanos(patience());
            }
        } catch (InterruptedException e) {
            // Only closing ends a step thread, or callers would wait for ever.
        }
    }

    private boolean isDue() {
        return !queue.isEmpty() && (closed || isComplete() || patience() <= 0);
    }

    /// Whether waiting would not bring more frames to the next step.
    private boolean isComplete() {
        return queue.size() >= Math.min(batch, open - stepping);
    }

    private long patience() {
        return queue.getFirst().queuedAt + patienceNanos - System.nanoTime();
    }

    /// Lets the callers go whose frames have been computed, or have failed.
    void finish(List<BatchedStream> streams) {
        Thread[] callers = new Thread[streams.size()];
        lock.lock();
        try {
            stepping -= callers.length;
            for (int i = 0; i < callers.length; i++) {
                BatchedStream stream = streams.get(i);
                callers[i] = stream.caller; // before it can come with its next frame
                stream.phase = Phase.IDLE;
            }
        } finally {
            lock.unlock();
        }
        for (Thread caller : callers) {
            LockSupport.unpark(caller);
        }
    }

    /// No more streams and frames; those in the queue are still to be taken.
    void close() {
        lock.lock();
        try {
            closed = true;
            work.signalAll();
        } finally {
            lock.unlock();
        }
    }

    int openStreams() {
        lock.lock();
        try {
            return open;
        } finally {
            lock.unlock();
        }
    }

    int size() {
        lock.lock();
        try {
            return queue.size();
        } finally {
            lock.unlock();
        }
    }
}
