package dev.rondo.bench;

import dev.rondo.Input;
import dev.rondo.Model;
import dev.rondo.Session;
import dev.rondo.bindings.NativeLibraries;
import dev.rondo.nn.LSTM;
import dev.rondo.nn.Linear;
import dev.rondo.nn.Module;
import dev.rondo.nn.Sequential;
import dev.rondo.tensor.Shape;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// The time from starting a JVM to a network's first result, by part: the median over a number of JVMs.
///
/// `java -cp bench.jar dev.rondo.bench.StartupParts [RUNS] [JVM OPTIONS…]`
public final class StartupParts {
    private static final int STEPS = 50;
    private static final int WIDTH = 128;

    private StartupParts() {}

    /// A part of the start, printed by the child as `name nanoseconds`.
    private static final class Child {
        private final Map<String, Long> parts = new LinkedHashMap<>();
        private long last = System.nanoTime();

        void did(String part) {
            long now = System.nanoTime();
            parts.put(part, now - last);
            last = now;
        }

        void start() {
            NativeLibraries.load();
            did("open the libraries");
            Module network = new Sequential(new LSTM(WIDTH, WIDTH), new Linear(WIDTH, 10));
            network.initialize(1);
            did("draw the weights");
            try (Model model = Model.of(network, Input.floats("x", "T", "N", Integer.toString(WIDTH)));
                    Session session = model.session(Shape.of(STEPS, 1, WIDTH))) {
                did("prepare the session");
                session.run();
                float[] result = session.output().toFloatArray();
                did("run");
                parts.forEach((part, nanos) -> System.out.println(part + "\t" + nanos));
                System.out.println("result\t" + result.length);
            }
        }
    }

    public static void main(String... args) throws IOException {
        if (args.length == 1 && args[0].equals("child")) {
            new Child().start();
            return;
        }
        int runs = args.length == 0 ? 20 : Integer.parseInt(args[0]);
        List<String> options = Arrays.asList(args).subList(Math.min(1, args.length), args.length);
        measure(runs, options).forEach((part, nanos) -> {
            Arrays.sort(nanos);
            System.out.printf("%-22s %6.1f ms   least %6.1f ms%n", part, nanos[runs / 2] / 1e6, nanos[0] / 1e6);
        });
    }

    /// Nanoseconds of each part in each run.
    static Map<String, long[]> measure(int runs, List<String> options) throws IOException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.add("--enable-native-access=ALL-UNNAMED");
        command.addAll(options);
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), StartupParts.class.getName(), "child"));
        run(command); // extracts the libraries and fills caches
        Map<String, long[]> times = new LinkedHashMap<>();
        for (int i = 0; i < runs; i++) {
            int at = i;
            run(command).forEach((part, nanos) -> times.computeIfAbsent(part, _ -> new long[runs])[at] = nanos);
        }
        return times;
    }

    /// One start, from before the process is made until its result is there.
    private static Map<String, Long> run(List<String> command) throws IOException {
        long begin = System.nanoTime();
        Process process = new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        Map<String, Long> parts = new LinkedHashMap<>();
        try (BufferedReader lines =
                new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
            String line = lines.readLine();
            while (line != null && !line.startsWith("result\t")) {
                String[] words = line.split("\t");
                parts.put(words[0], Long.parseLong(words[1]));
                line = lines.readLine();
            }
            long all = System.nanoTime() - begin;
            if (line == null) {
                throw new IllegalStateException("the child has given no result");
            }
            Map<String, Long> named = new LinkedHashMap<>();
            named.put(
                    "start the JVM",
                    all - parts.values().stream().mapToLong(Long::longValue).sum());
            named.putAll(parts);
            named.put("all", all);
            return named;
        }
    }
}
