package dev.rondo.train;

import dev.rondo.nn.Module;
import dev.rondo.nn.Parameter;
import dev.rondo.tensor.DataType;
import dev.rondo.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/// The mean of a module's weights over the steps of its training, which often is worth more than the last of
/// them.
///
/// Averaging begins at once, or, non-monotonically triggered (NT-ASGD), when a validation is worse than the
/// best of those at least n checks ago.
///
/// {@snippet :
/// WeightAverage average = WeightAverage.nonMonotonic(network, 5);
/// step.run();
/// average.add(); // after each step
/// average.swap();
/// double loss = evaluation.run(); // with the averaged weights
/// average.swap();
/// average.check(loss);
/// }
///
/// A [Trainer] does all that by itself.
///
/// Source: Polyak and Juditsky 1992; Merity, Keskar and Socher 2017, arXiv 1708.02182 (trigger, as in the
/// authors' code).
///
/// Threads: one at a time.
public final class WeightAverage implements Checkpoint.Part {
    private static final ValueLayout.OfFloat F32 = ValueLayout.JAVA_FLOAT;

    private final Module module;
    private final int patience; // 0: from the beginning
    private final Map<String, Tensor> means = new LinkedHashMap<>();
    private final List<Double> checks = new ArrayList<>();
    private boolean active;
    private long count;

    private WeightAverage(Module module, int patience) {
        this.module = module;
        this.patience = patience;
        this.active = patience == 0;
        module.parameters()
                .forEach((name, parameter) ->
                        means.put(name, Tensor.allocate(Arena.ofAuto(), parameter.shape(), DataType.F32)));
    }

    /// Averages from the first step on.
    public static WeightAverage of(Module module) {
        return new WeightAverage(module, 0);
    }

    /// Averages once validation has not improved for n checks.
    public static WeightAverage nonMonotonic(Module module, int n) {
        return new WeightAverage(module, TrainingStep.requirePositive(n, "number of checks"));
    }

    /// Whether averaging has begun.
    public boolean isActive() {
        return active;
    }

    /// Takes note of a validation; smaller is better.
    ///
    /// @return whether averaging has begun
    public boolean check(double metric) {
        int old = checks.size() - patience;
        active |= old > 0
                && metric
                        > checks.subList(0, old).stream()
                                .mapToDouble(x -> x)
                                .min()
                                .getAsDouble();
        checks.add(metric);
        return active;
    }

    /// Adds the present weights to the mean: `mean += (w - mean) / k`. Does nothing until averaging has begun.
    public void add() {
        if (!active) {
            return;
        }
        count++;
        module.parameters().forEach((name, parameter) -> {
            MemorySegment mean = means.get(name).data();
            MemorySegment weight = parameter.tensor().data();
            for (long i = 0; i < parameter.shape().elements(); i++) {
                double known = mean.getAtIndex(F32, i);
                mean.setAtIndex(F32, i, (float) (known + (weight.getAtIndex(F32, i) - known) / count));
            }
        });
    }

    /// Exchanges the module's weights and their mean. Does nothing while there is no mean.
    public void swap() {
        if (count == 0) {
            return;
        }
        for (Map.Entry<String, Parameter> entry : module.parameters().entrySet()) {
            Tensor mean = means.get(entry.getKey());
            Tensor weight = entry.getValue().tensor();
            float[] kept = weight.toFloatArray();
            weight.copyFrom(mean);
            mean.copyFrom(kept);
        }
    }

    @Override
    public Map<String, Tensor> tensors() {
        return Collections.unmodifiableMap(means);
    }

    @Override
    public Map<String, String> values() {
        return Map.of(
                "active",
                Boolean.toString(active),
                "count",
                Long.toString(count),
                "checks",
                checks.stream().map(x -> Double.toString(x)).collect(Collectors.joining(" ")));
    }

    @Override
    public void restore(Map<String, String> values) {
        active = Boolean.parseBoolean(values.get("active"));
        count = Long.parseLong(values.get("count"));
        checks.clear();
        Pattern.compile(" ")
                .splitAsStream(values.get("checks"))
                .filter(check -> !check.isEmpty())
                .map(Double::valueOf)
                .forEach(checks::add);
    }
}
