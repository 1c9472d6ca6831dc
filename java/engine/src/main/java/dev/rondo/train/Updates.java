package dev.rondo.train;

import dev.rondo.nn.Module;
import dev.rondo.nn.Parameter;
import dev.rondo.op.Clamp;
import dev.rondo.op.GradientNorm;
import dev.rondo.op.Update;
import dev.rondo.program.Gradients;
import dev.rondo.program.Recorder;
import dev.rondo.program.Value;
import dev.rondo.tensor.Tensor;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;

/// What a step does with gradients: it checks and clips them, and each parameter's optimizer follows them.
final class Updates {
    static final String NORM = "gradient norm";

    private record Group(Predicate<String> names, Optimizer optimizer) {}

    private final Module module;
    private final Optimizer main;
    private final List<Group> groups = new ArrayList<>();
    double maxNorm = Double.POSITIVE_INFINITY;
    double maxValue = Double.POSITIVE_INFINITY;

    Updates(Module module, Optimizer main) {
        this.module = module;
        this.main = main;
    }

    void group(Predicate<String> names, Optimizer optimizer) {
        if (module.parameters().keySet().stream().noneMatch(names)) {
            throw new IllegalArgumentException("the group has none of the parameters "
                    + module.parameters().keySet());
        }
        groups.add(new Group(names, optimizer));
    }

    private Optimizer optimizer(String parameter) {
        return groups.stream()
                .filter(group -> group.names().test(parameter))
                .map(Group::optimizer)
                .findFirst()
                .orElse(main);
    }

    /// All optimizers, the main one first.
    Set<Optimizer> optimizers() {
        Set<Optimizer> all = new LinkedHashSet<>();
        all.add(main);
        groups.forEach(group -> all.add(group.optimizer()));
        return all;
    }

    /// The gradients of the parameters that a loss depends on, by name.
    Map<String, Value> gradients(Recording recording) {
        Gradients gradients = recording.recorder.backward(recording.loss);
        Map<String, Value> byName = new LinkedHashMap<>();
        module.parameters().forEach((name, parameter) -> {
            Value gradient = gradients.of(recording.recorder.weight(parameter.tensor()));
            if (gradient != null) {
                byName.put(name, gradient);
            }
        });
        return byName;
    }

    /// Records check, clipping and updates.
    ///
    /// @param parts how many parts' gradients each gradient is the sum of
    void record(Recorder recorder, Map<String, Value> gradients, int parts) {
        boolean byValue = maxValue < Double.POSITIVE_INFINITY;
        Value norm = norm(recorder, gradients, parts, byValue ? Double.POSITIVE_INFINITY : maxNorm);
        recorder.output(NORM, norm);
        Map<String, Value> clipped = new LinkedHashMap<>(gradients);
        if (byValue) {
            clipped.replaceAll((_, gradient) ->
                    recorder.record(new Clamp(gradient, maxValue * parts)).output());
        }
        if (byValue && maxNorm < Double.POSITIVE_INFINITY) {
            recorder.output(NORM + " after clipping by value", norm(recorder, clipped, parts, maxNorm));
        }
        clipped.forEach((name, gradient) -> update(recorder, name, gradient));
    }

    /// The parameters and their optimizers' state.
    Map<String, Tensor> tensors() {
        Map<String, Tensor> tensors = new LinkedHashMap<>();
        module.parameters().forEach((name, parameter) -> {
            tensors.put("parameter." + name, parameter.tensor());
            List<Tensor> state = optimizer(name).state(parameter);
            for (int i = 0; i < state.size(); i++) {
                tensors.put("optimizer." + i + "." + name, state.get(i));
            }
        });
        return tensors;
    }

    private Value norm(Recorder recorder, Map<String, Value> gradients, int parts, double limit) {
        return recorder.record(new GradientNorm(
                        gradients,
                        parts,
                        limit,
                        optimizers().stream().map(Optimizer::schedule).toList()))
                .output();
    }

    private void update(Recorder recorder, String name, Value gradient) {
        Optimizer optimizer = optimizer(name);
        Parameter parameter = module.parameters().get(name);
        recorder.record(new Update(
                optimizer.rule(),
                optimizer.schedule(),
                recorder.weight(parameter.tensor()),
                gradient,
                optimizer.state(parameter).stream().map(recorder::weight).toList()));
    }
}
