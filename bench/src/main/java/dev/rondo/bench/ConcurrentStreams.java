package dev.rondo.bench;

import com.sun.management.OperatingSystemMXBean;
import dev.rondo.BatchedStream;
import dev.rondo.Input;
import dev.rondo.Model;
import dev.rondo.StreamBatcher;
import dev.rondo.StreamingSession;
import dev.rondo.nn.LSTM;
import dev.rondo.tensor.Shape;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Supplier;

/// Many streams at once, each a virtual thread that steps frame after frame: with a session of its own each,
/// and through a batcher.
///
/// `java -cp bench.jar dev.rondo.bench.ConcurrentStreams [STREAMS [WIDTH [BATCH [THREADS [MILLIS
/// [SECONDS]]]]]]`
public final class ConcurrentStreams {
    /// What a client holds.
    private interface Stream extends AutoCloseable {
        void step(float[] frame) throws InterruptedException;

        @Override
        void close();
    }

    /// @param framesPerSecond     of all streams
    /// @param processorMicros     processor time of the whole process for a frame
    /// @param medianMillis        half of the frames took no longer from the call to the answer
    /// @param percentile99Millis  99 of 100 took no longer
    record Result(double framesPerSecond, double processorMicros, double medianMillis, double percentile99Millis) {
        @Override
        public String toString() {
            return String.format(
                    "%9.0f frames/s   %6.2f µs of processor time a frame   p50 %7.3f ms   p99 %7.3f ms",
                    framesPerSecond, processorMicros, medianMillis, percentile99Millis);
        }
    }

    private ConcurrentStreams() {}

    public static void main(String... args) throws Exception {
        int[] numbers = {1000, 256, 64, Runtime.getRuntime().availableProcessors(), 20, 10};
        for (int i = 0; i < args.length; i++) {
            numbers[i] = Integer.parseInt(args[i]);
        }
        Result[] results =
                measure(numbers[0], numbers[1], numbers[2], numbers[3], Duration.ofMillis(numbers[4]), numbers[5]);
        System.out.println("own sessions  " + results[0]);
        System.out.println("batcher       " + results[1]);
        System.out.printf("ratio         %9.2f%n", results[1].framesPerSecond() / results[0].framesPerSecond());
    }

    /// With sessions of their own, and through a batcher.
    static Result[] measure(int streams, int width, int batch, int threads, Duration latency, int seconds)
            throws Exception {
        LSTM lstm = new LSTM(width, width);
        lstm.initialize(1);
        try (Model model = Model.of(lstm, Input.floats("x", "T", "N", Integer.toString(width)))) {
            Result alone = run(streams, width, seconds, () -> own(model.stream(Shape.of(1, 1, width))));
            try (StreamBatcher batcher = StreamBatcher.of(model)
                    .streams(streams)
                    .batch(batch)
                    .threads(threads)
                    .latency(latency)
                    .start()) {
                return new Result[] {alone, run(streams, width, seconds, () -> batched(batcher.open()))};
            }
        }
    }

    private static Stream own(StreamingSession session) {
        return new Stream() {
            @Override
            public void step(float[] frame) {
                session.input().copyFrom(frame);
                session.step();
                session.output().copyTo(frame);
                Thread.yield(); // or a few streams would have all carriers to themselves
            }

            @Override
            public void close() {
                session.close();
            }
        };
    }

    private static Stream batched(BatchedStream stream) {
        return new Stream() {
            @Override
            public void step(float[] frame) throws InterruptedException {
                stream.input().copyFrom(frame);
                stream.step();
                stream.output().copyTo(frame);
            }

            @Override
            public void close() {
                stream.close();
            }
        };
    }

    /// Steps all streams for some seconds to warm up, and for as many that count.
    private static Result run(int streams, int width, int seconds, Supplier<Stream> opener) throws Exception {
        var system = (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
        List<Stream> open = new ArrayList<>();
        for (int i = 0; i < streams; i++) {
            open.add(opener.get());
        }
        long begin = System.nanoTime() + seconds * 1_000_000_000L;
        long end = begin + seconds * 1_000_000_000L;
        List<Future<long[]>> clients = new ArrayList<>();
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (Stream stream : open) {
                clients.add(threads.submit(client(stream, width, begin, end)));
            }
            Thread.sleep(Math.max(0, (begin - System.nanoTime()) / 1_000_000));
            long processor = system.getProcessCpuTime();
            Thread.sleep(Math.max(0, (end - System.nanoTime()) / 1_000_000));
            processor = system.getProcessCpuTime() - processor;
            List<long[]> nanos = new ArrayList<>();
            for (Future<long[]> client : clients) {
                nanos.add(client.get());
            }
            long[] all = nanos.stream().flatMapToLong(Arrays::stream).sorted().toArray();
            if (all.length == 0) {
                throw new IllegalStateException("no frame was computed within " + seconds + " s");
            }
            return new Result(
                    (double) all.length / seconds,
                    processor / 1e3 / all.length,
                    all[all.length / 2] / 1e6,
                    all[(int) (all.length * 0.99)] / 1e6);
        }
    }

    /// @return nanoseconds of each step that began while it counted
    private static Callable<long[]> client(Stream stream, int width, long begin, long end) {
        return () -> {
            long[] nanos = new long[1024];
            int count = 0;
            float[] frame = new float[width];
            try (stream) {
                for (long now = System.nanoTime(); now < end; ) {
                    stream.step(frame);
                    long then = System.nanoTime();
                    if (now >= begin) {
                        nanos = count == nanos.length ? Arrays.copyOf(nanos, 2 * count) : nanos;
                        nanos[count++] = then - now;
                    }
                    now = then;
                }
            }
            return Arrays.copyOf(nanos, count);
        };
    }
}
