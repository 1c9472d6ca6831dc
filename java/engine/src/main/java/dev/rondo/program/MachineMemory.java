package dev.rondo.program;

import com.sun.management.OperatingSystemMXBean;
import java.lang.management.ManagementFactory;

/// The memory of this machine, or of the container that the JVM runs in.
final class MachineMemory {
    private static final long BYTES =
            ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class).getTotalMemorySize();

    private MachineMemory() {}

    static long bytes() {
        return BYTES;
    }
}
