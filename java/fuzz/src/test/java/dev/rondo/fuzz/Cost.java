package dev.rondo.fuzz;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;

/// What this thread has used so far.
///
/// @param bytes       allocated on the heap
/// @param nanoseconds of a processor
record Cost(long bytes, long nanoseconds) {
    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    static Cost now() {
        return new Cost(THREADS.getCurrentThreadAllocatedBytes(), THREADS.getCurrentThreadCpuTime());
    }

    Cost minus(Cost before) {
        return new Cost(bytes - before.bytes, nanoseconds - before.nanoseconds);
    }

    boolean isWithin(Cost most) {
        return bytes <= most.bytes && nanoseconds <= most.nanoseconds;
    }
}
