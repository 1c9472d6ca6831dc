package dev.rondo;

import java.util.concurrent.Semaphore;

/// The processors that this process may use (a container's limit counts), as runs of several threads share
/// them: such runs wait for one another, because threads that meet after every step lose far more than others
/// when they take turns on a processor. Runs of one thread need no such care.
///
/// Threads: any.
final class Processors {
    private static final int COUNT = Runtime.getRuntime().availableProcessors();
    private static final Semaphore FREE = new Semaphore(COUNT, true);

    private Processors() {}

    /// Waits for as many processors as threads, or for all.
    ///
    /// @return what is to be given back
    static int take(int threads) {
        if (threads == 1) {
            return 0;
        }
        int taken = Math.min(threads, COUNT);
        FREE.acquireUninterruptibly(taken);
        return taken;
    }

    static void giveBack(int taken) {
        if (taken > 0) {
            FREE.release(taken);
        }
    }
}
