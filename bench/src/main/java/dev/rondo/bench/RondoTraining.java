package dev.rondo.bench;

import dev.rondo.nn.Losses;
import dev.rondo.nn.Module;
import dev.rondo.tensor.DataType;
import dev.rondo.train.Optimizer;
import dev.rondo.train.TrainingStep;
import java.util.LinkedHashMap;
import java.util.Map;

/// Rondo's step: one replayed program.
final class RondoTraining implements Training {
    private final Module module;
    private final TrainingStep step;

    RondoTraining(LayerShape shape, int threads) {
        module = shape.module();
        step = TrainingStep.of(module, Optimizer.adam(LEARNING_RATE))
                .input("x", shape.sequence(), DataType.F32)
                .input("target", shape.sequence(), DataType.F32)
                .clipNorm(MAX_NORM)
                .threads(threads)
                .record(in -> Losses.mse(module.forward(in.get("x")), in.get("target")));
        step.input("x").copyFrom(Training.input(shape));
        step.input("target").copyFrom(Training.target(shape));
    }

    @Override
    public float step() {
        return step.run();
    }

    /// What the step says that it holds.
    long byteSize() {
        return step.byteSize();
    }

    @Override
    public Map<String, float[]> weights() {
        Map<String, float[]> weights = new LinkedHashMap<>();
        module.parameters()
                .forEach((name, parameter) ->
                        weights.put(name, parameter.tensor().toFloatArray()));
        return weights;
    }

    @Override
    public void close() {
        step.close();
    }
}
