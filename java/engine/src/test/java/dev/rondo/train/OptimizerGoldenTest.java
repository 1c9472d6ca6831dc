package dev.rondo.train;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.rondo.format.Json;
import dev.rondo.format.JsonField;
import dev.rondo.nn.LSTM;
import dev.rondo.nn.Losses;
import dev.rondo.reference.Golden;
import dev.rondo.reference.Tolerance;
import dev.rondo.tensor.DataType;
import dev.rondo.tensor.Shape;
import dev.rondo.tensor.Tensor;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Whole training steps against PyTorch: five steps of an LSTM with each optimizer, and clipping.
class OptimizerGoldenTest {
    // PyTorch's own float32 stays within 8e-6 of float64 here.
    private static final Tolerance TOLERANCE = new Tolerance(5e-5);

    static List<String> trajectories() throws IOException {
        return Golden.list("optim").stream()
                .filter(name -> !name.contains("clip"))
                .toList();
    }

    private static Optimizer optimizer(Golden golden) {
        JsonField settings = JsonField.of(Json.parse(golden.setting("settings"), golden.name()), golden.name());
        double lr = settings.get("lr").asDouble();
        double decay = number(settings, "weight_decay", 0);
        return switch (golden.setting("optimizer")) {
            case "SGD" -> Optimizer.sgd(lr, number(settings, "momentum", 0), 0, decay, flag(settings, "nesterov"));
            case "Adam" ->
                Optimizer.adam(
                        lr,
                        settings.get("betas").elements().get(0).asDouble(),
                        settings.get("betas").elements().get(1).asDouble(),
                        settings.get("eps").asDouble(),
                        decay,
                        flag(settings, "amsgrad"));
            case "AdamW" -> Optimizer.adamW(lr, decay);
            case "RMSprop" ->
                Optimizer.rmsProp(
                        lr,
                        settings.get("alpha").asDouble(),
                        settings.get("eps").asDouble(),
                        decay,
                        number(settings, "momentum", 0),
                        flag(settings, "centered"));
            default -> throw new IllegalStateException(golden.setting("optimizer"));
        };
    }

    private static double number(JsonField settings, String name, double otherwise) {
        return settings.find(name).map(JsonField::asDouble).orElse(otherwise);
    }

    private static boolean flag(JsonField settings, String name) {
        return settings.find(name).map(JsonField::asBoolean).orElse(false);
    }

    private static LSTM lstm(Golden golden, String prefix) {
        LSTM lstm = new LSTM(3, 4);
        Map<String, Tensor> weights = new LinkedHashMap<>();
        lstm.parameters().keySet().forEach(name -> weights.put(name, golden.tensor(prefix + name)));
        lstm.load(weights);
        return lstm;
    }

    private static TrainingStep.Builder step(LSTM lstm, Optimizer optimizer) {
        return TrainingStep.of(lstm, optimizer)
                .input("x", Shape.of(6, 2, 3), DataType.F32)
                .input("y", Shape.of(6, 2, 4), DataType.F32);
    }

    private static TrainingStep recorded(TrainingStep.Builder builder, LSTM lstm, Golden golden) {
        TrainingStep step = builder.record(in -> Losses.mse(lstm.forward(in.get("x")), in.get("y")));
        step.input("x").copyFrom(golden.tensor("input"));
        step.input("y").copyFrom(golden.tensor("target"));
        return step;
    }

    @ParameterizedTest
    @MethodSource("trajectories")
    void fiveStepsEqualPyTorchs(String name) throws IOException {
        Golden golden = Golden.read(name);
        LSTM lstm = lstm(golden, "");
        Optimizer optimizer = optimizer(golden);
        try (TrainingStep step = recorded(step(lstm, optimizer), lstm, golden)) {
            for (int k = 1; k <= 5; k++) {
                String prefix = "step" + k + ".";
                assertEquals(golden.values(prefix + "loss")[0], step.run(), 2e-5, name + " " + prefix + "loss");
                lstm.parameters()
                        .forEach((key, parameter) -> TOLERANCE.assertClose(
                                name + " " + prefix + key,
                                golden.values(prefix + key),
                                parameter.tensor().toFloatArray()));
            }
            assertEquals(5, optimizer.steps());
        }
    }

    @Test
    void allTrajectoriesAreThere() throws IOException {
        assertEquals(9, trajectories().size());
    }

    /// One step of plain descent moves by the clipped gradients.
    @ParameterizedTest
    @MethodSource("clippings")
    void clippedGradientsEqualPyTorchs(String name) throws IOException {
        Golden golden = Golden.read(name);
        LSTM lstm = lstm(golden, "");
        Map<String, float[]> before = new LinkedHashMap<>();
        lstm.parameters()
                .forEach((key, parameter) -> before.put(key, parameter.tensor().toFloatArray()));
        boolean byValue = name.endsWith("value");
        TrainingStep.Builder builder = step(lstm, Optimizer.sgd(1));
        if (byValue) {
            builder.clipValue(Double.parseDouble(golden.setting("clip_value")));
        } else {
            builder.clipNorm(Double.parseDouble(golden.setting("max_norm")));
        }
        try (TrainingStep step = recorded(builder, lstm, golden)) {
            step.run();
            if (!byValue) {
                assertEquals(golden.values("total_norm")[0], step.gradientNorm(), 1e-5);
            }
            lstm.parameters().forEach((key, parameter) -> {
                float[] moved = before.get(key).clone();
                float[] after = parameter.tensor().toFloatArray();
                for (int i = 0; i < moved.length; i++) {
                    moved[i] -= after[i];
                }
                new Tolerance(1e-4).assertClose(name + " " + key, golden.values("clipped." + key), moved);
            });
        }
    }

    static List<String> clippings() {
        return List.of("optim/clip_norm", "optim/clip_norm_unreached", "optim/clip_value");
    }
}
