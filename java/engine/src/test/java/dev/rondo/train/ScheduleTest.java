package dev.rondo.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rondo.format.Json;
import dev.rondo.format.JsonField;
import dev.rondo.nn.Linear;
import dev.rondo.reference.Golden;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Learning rates against PyTorch's, and averages of weights.
class ScheduleTest {
    static List<String> goldens() throws IOException {
        return Golden.list("schedules");
    }

    private static double[] factors(Golden golden) {
        JsonField settings = JsonField.of(Json.parse(golden.setting("settings"), golden.name()), golden.name());
        if (golden.setting("scheduler").equals("ReduceLROnPlateau")) {
            return plateau(settings, golden.values("metric"));
        }
        Schedule schedule = switch (golden.setting("scheduler")) {
            case "StepLR" ->
                Schedule.step(
                        settings.get("step_size").asLong(),
                        settings.get("gamma").asDouble());
            case "MultiStepLR" ->
                Schedule.multiStep(
                        settings.get("gamma").asDouble(),
                        settings.get("milestones").asLongs());
            case "CosineAnnealingLR" -> cosine(settings);
            case "LinearLR" -> warmUp(settings);
            case "SequentialLR" ->
                warmUp(settings.get("warm_up"))
                        .then(settings.get("warm_up").get("total_iters").asLong(), cosine(settings.get("cosine")));
            default -> throw new IllegalStateException(golden.setting("scheduler"));
        };
        double[] factors = new double[golden.number("steps")];
        for (int k = 0; k < factors.length; k++) {
            factors[k] = schedule.factor(k);
        }
        return factors;
    }

    private static double[] plateau(JsonField settings, double[] metric) {
        Plateau plateau = new Plateau(
                settings.get("factor").asDouble(),
                settings.get("patience").asInt(),
                settings.get("threshold").asDouble(),
                settings.get("min_lr").asDouble());
        double[] factors = new double[metric.length];
        for (int k = 0; k < factors.length; k++) {
            Plateau resumed = new Plateau(
                    settings.get("factor").asDouble(),
                    settings.get("patience").asInt(),
                    settings.get("threshold").asDouble(),
                    settings.get("min_lr").asDouble());
            resumed.restore(plateau.values());
            factors[k] = resumed.factor(metric[k]);
            plateau = resumed;
        }
        return factors;
    }

    private static Schedule cosine(JsonField settings) {
        return Schedule.cosine(
                settings.get("T_max").asLong(), settings.get("eta_min").asDouble());
    }

    private static Schedule warmUp(JsonField settings) {
        return Schedule.linearWarmUp(
                settings.get("total_iters").asLong(),
                settings.get("start_factor").asDouble());
    }

    @ParameterizedTest
    @MethodSource("goldens")
    void factorsEqualPyTorchs(String name) throws IOException {
        Golden golden = Golden.read(name);
        assertArrayEquals(golden.values("factor"), factors(golden), 1e-7);
    }

    @Test
    void allSchedulesAreThere() throws IOException {
        assertEquals(6, goldens().size());
    }

    @Test
    void warmUpThenCosineGoesUpAndDown() {
        Schedule schedule = Schedule.warmUpThenCosine(3, 13, 0.1);
        assertEquals(0.25, schedule.factor(0), 1e-12);
        assertEquals(0.75, schedule.factor(2), 1e-12);
        assertEquals(1, schedule.factor(3), 1e-12);
        assertEquals(0.55, schedule.factor(8), 1e-12);
        assertEquals(0.1, schedule.factor(13), 1e-12);
        assertEquals(0.1, schedule.factor(20), 1e-12);
        assertThrows(IllegalArgumentException.class, () -> Schedule.warmUpThenCosine(3, 3, 0));
        assertThrows(IllegalArgumentException.class, () -> Schedule.warmUpThenCosine(-1, 3, 0));
    }

    @Test
    void fewStepsNeedNoWarmUp() {
        assertEquals(1, Schedule.warmUpThenCosine(0, 1, 0.01).factor(0), 1e-12);
        Schedule two = Schedule.warmUpThenCosine(0, 2, 0.1);
        assertEquals(1, two.factor(0), 1e-12);
        assertEquals(0.55, two.factor(1), 1e-12);
    }

    @Test
    void averagesAreMeansSinceTheTrigger() {
        Linear linear = new Linear(1, 2, false, null);
        WeightAverage average = WeightAverage.nonMonotonic(linear, 2);
        double[] checks = {3, 2, 1, 1.5, 2.5, 0.5};
        boolean[] active = {false, false, false, false, true, true}; // 2.5 is worse than 2, two checks before the last
        for (int k = 0; k < checks.length; k++) {
            linear.parameters().get("weight").tensor().copyFrom(new float[] {k, 10 * k});
            average.add();
            assertEquals(active[k], average.check(checks[k]), "check " + k);
            assertEquals(active[k], average.isActive());
        }
        linear.parameters().get("weight").tensor().copyFrom(new float[] {7, -2});
        average.add(); // the weights of check 5 and these
        average.swap();
        assertArrayEquals(
                new float[] {6, 24}, linear.parameters().get("weight").tensor().toFloatArray());
        average.swap();
        assertArrayEquals(
                new float[] {7, -2}, linear.parameters().get("weight").tensor().toFloatArray());
        assertTrue(WeightAverage.of(linear).isActive());
        WeightAverage empty = WeightAverage.nonMonotonic(linear, 1);
        empty.swap();
        assertFalse(empty.isActive());
        assertArrayEquals(
                new float[] {7, -2}, linear.parameters().get("weight").tensor().toFloatArray());
    }
}
