package dev.rondo;

import dev.rondo.nn.GRU;
import dev.rondo.nn.LSTM;
import dev.rondo.nn.Module;
import dev.rondo.nn.Sequential;
import dev.rondo.tensor.Shape;
import java.lang.management.ManagementFactory;

/// Runs sessions of several threads, then nothing, and prints the processor time of doing nothing.
final class Idleness {
    private Idleness() {}

    public static void main(String... args) throws Exception {
        var system = (com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
        Module network = new Sequential(new LSTM(256, 256), new GRU(256, 256));
        try (Model model = Model.of(network, Input.floats("x", "T", "N", "256"));
                Session session = model.session(2, Shape.of(20, 16, 256));
                StreamBatcher batcher = StreamBatcher.of(model).threads(2).start();
                BatchedStream stream = batcher.open()) {
            for (int i = 0; i < 20; i++) {
                session.run();
                stream.step();
            }
            Thread.sleep(1000); // compilers have their own afterthoughts
            long before = system.getProcessCpuTime();
            Thread.sleep(1000);
            System.out.println((system.getProcessCpuTime() - before) / 1_000_000 + " ms");
        }
    }
}
