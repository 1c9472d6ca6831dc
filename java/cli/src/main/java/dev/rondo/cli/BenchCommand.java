package dev.rondo.cli;

import dev.rondo.Model;
import dev.rondo.Session;
import dev.rondo.format.Json;
import dev.rondo.tensor.Tensor;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

@Command(
        name = "bench",
        description = "Measures the latency of a model, or of a recurrent layer with random weights.",
        footer = {
            "",
            "A DESCRIPTOR is CELL_f32_fwd_inf_DIRECTION:l#t#mb#_slc#_sic#_dhc#, with the numbers of layers,",
            "steps and samples and the widths of input, state and gates. CELL is lstm, lstm_peephole, gru,",
            "lbr_gru, rnn_tanh, rnn_relu or rnn_logistic; DIRECTION is l2r, r2l, or concat or sum for both.",
            "",
            "Examples:",
            "  rondo bench model.safetensors -i ids=ids.npy",
            "  rondo bench " + LayerDescriptor.EXAMPLE + " --json"
        })
final class BenchCommand implements Callable<Integer> {
    private static final long SEED = 1;
    private static final double LONGEST_WARM_UP_SECONDS = 1;
    private static final int FEWEST_RUNS = 3;
    private static final double[] PERCENTILES = {50, 90, 99, 99.9, 0};

    @ParentCommand
    private Main main;

    @Parameters(paramLabel = "MODEL|DESCRIPTOR", description = "A model as 'rondo run' takes it, or a layer.")
    private String subject;

    @Option(
            names = "--config",
            paramLabel = "FILE",
            description = "The model's description, where it is not model.json beside the weights.")
    private @Nullable Path config;

    @Option(names = "-i", paramLabel = "NAME=FILE", description = "A model's input; FILE alone where it has one.")
    private List<String> inputs = new ArrayList<>();

    @Option(
            names = "--seconds",
            paramLabel = "S",
            defaultValue = "3",
            description = "How long to measure, after a warm-up (default: 3).")
    private double seconds;

    @Option(names = "--json", description = "Print one JSON object.")
    private boolean json;

    @Mixin
    private EngineOptions engine;

    @Override
    public Integer call() throws IOException {
        engine.check();
        if (!(seconds > 0 && seconds <= 86_400)) {
            throw new InputException("--seconds " + seconds + ": must be more than 0 and at most 86400");
        }
        return isModel() ? benchModel(Path.of(subject)) : benchLayer(LayerDescriptor.parse(subject));
    }

    private boolean isModel() {
        boolean named = Stream.of(".safetensors", ".json", ".onnx", ".keras").anyMatch(subject::endsWith);
        return named || subject.contains("/") || Files.exists(Path.of(subject));
    }

    private int benchModel(Path file) throws IOException {
        try (Arena arena = Arena.ofShared();
                Model model = ModelArgument.read(file, config).model()) {
            InputArrays arrays = InputArrays.read(inputs, model.inputs(), arena);
            main.terminal().loadLibraries();
            try (Session session = arrays.session(model, subject, engine.threads())) {
                arrays.run(session);
                report(session, arrays.tokens());
            }
        }
        return 0;
    }

    private int benchLayer(LayerDescriptor layer) {
        if (!inputs.isEmpty() || config != null) {
            throw new InputException((config == null ? "-i" : "--config") + " goes with a model, not with " + subject);
        }
        main.terminal().loadLibraries();
        try (Model model = layer.model();
                Session session = Sizes.session(model, subject, engine.threads(), layer.shape())) {
            fillRandomly(session.input());
            report(session, (long) layer.steps() * layer.batch());
        } catch (IllegalArgumentException e) {
            throw new InputException(subject + ": " + e.getMessage(), e);
        }
        return 0;
    }

    private static void fillRandomly(Tensor tensor) {
        RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(SEED);
        for (long i = 0; i < tensor.shape().elements(); i++) {
            tensor.data().setAtIndex(ValueLayout.JAVA_FLOAT, i, 2 * random.nextFloat() - 1);
        }
    }

    private void report(Session session, long tokens) {
        main.terminal().notice("Measuring for %.1f s…", seconds);
        Latencies latencies = measure(session);
        double[] micros = latencies.percentilesMicros(PERCENTILES);
        double rate = micros[0] == 0 ? 0 : tokens / (micros[0] / 1e6);
        String implementation = Implementations.summary(session.describe());
        if (json) {
            Map<String, Json> fields = new LinkedHashMap<>();
            fields.put("subject", new Json.StringValue(subject));
            fields.put("median_us", new Json.RealValue(micros[0]));
            fields.put("p90_us", new Json.RealValue(micros[1]));
            fields.put("p99_us", new Json.RealValue(micros[2]));
            fields.put("p999_us", new Json.RealValue(micros[3]));
            fields.put("min_us", new Json.RealValue(micros[4]));
            fields.put("iterations", new Json.IntegerValue(latencies.count()));
            fields.put("tokens_per_second", new Json.RealValue(rate));
            fields.put("threads", new Json.IntegerValue(engine.threads()));
            fields.put("precision", new Json.StringValue(engine.precision()));
            fields.put("implementation", new Json.StringValue(implementation));
            main.terminal().out().println(new Json.ObjectValue(fields).compact());
            return;
        }
        main.terminal()
                .out()
                .print(new Columns()
                        .row("median", micros(micros[0]))
                        .row("p90", micros(micros[1]))
                        .row("p99", micros(micros[2]))
                        .row("p99.9", micros(micros[3]))
                        .row("min", micros(micros[4]))
                        .row("runs", String.format(Locale.ROOT, "%,d", latencies.count()))
                        .row("tokens/s", String.format(Locale.ROOT, "%,.0f", rate))
                        .row("threads", engine.threads())
                        .row("ran on", implementation));
    }

    private static String micros(double micros) {
        return String.format(Locale.ROOT, "%,.1f µs", micros);
    }

    /// Runs until the time is over. Nothing is allocated between the first run and the last.
    private Latencies measure(Session session) {
        Latencies latencies = new Latencies();
        runFor(session, Math.min(seconds / 2, LONGEST_WARM_UP_SECONDS), new Latencies());
        runFor(session, seconds, latencies);
        return latencies;
    }

    private static void runFor(Session session, double seconds, Latencies latencies) {
        long start = System.nanoTime();
        long limit = (long) (seconds * 1e9);
        long before = start;
        while (before - start < limit || latencies.count() < FEWEST_RUNS) {
            session.run();
            long after = System.nanoTime();
            latencies.record(after - before);
            before = after;
        }
    }
}
