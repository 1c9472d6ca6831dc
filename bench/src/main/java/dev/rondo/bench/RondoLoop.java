package dev.rondo.bench;

import dev.rondo.Input;
import dev.rondo.Model;
import dev.rondo.Session;
import dev.rondo.nn.Losses;
import dev.rondo.nn.Module;
import dev.rondo.tensor.DataType;
import dev.rondo.train.Optimizer;
import dev.rondo.train.TrainingStep;
import java.util.LinkedHashMap;
import java.util.Map;

/// Rondo's: a session, and one replayed program for training.
final class RondoLoop implements Loop {
    private final Module trained;
    private final Model model;
    private final Session session;
    private final TrainingStep step;

    RondoLoop(LoopShape shape, int threads) {
        model = Model.of(shape.module(), Input.floats("x", "T", "N", Integer.toString(shape.hidden())));
        session = model.session(threads, shape.sequence());
        session.input().copyFrom(shape.random(2));
        trained = shape.module();
        step = TrainingStep.of(trained, Optimizer.adam(LEARNING_RATE))
                .input("x", shape.sequence(), DataType.F32)
                .input("target", shape.sequence(), DataType.F32)
                .clipNorm(MAX_NORM)
                .threads(threads)
                .record(in -> Losses.mse(trained.forward(in.get("x")), in.get("target")));
        step.input("x").copyFrom(shape.random(2));
        step.input("target").copyFrom(shape.random(3));
    }

    @Override
    public void forward() {
        session.run();
    }

    @Override
    public float[] output() {
        return session.output().toFloatArray();
    }

    @Override
    public float step() {
        return step.run();
    }

    @Override
    public Map<String, float[]> weights() {
        Map<String, float[]> weights = new LinkedHashMap<>();
        trained.parameters()
                .forEach((name, parameter) ->
                        weights.put(name, parameter.tensor().toFloatArray()));
        return weights;
    }

    @Override
    public void close() {
        step.close();
        model.close();
    }
}
