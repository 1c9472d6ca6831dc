package dev.rondo.bench;

import dev.rondo.Input;
import dev.rondo.Model;
import dev.rondo.Session;
import dev.rondo.nn.Losses;
import dev.rondo.nn.NaryTreeLSTM;
import dev.rondo.nn.PackedTrees;
import dev.rondo.program.Value;
import dev.rondo.tensor.DataType;
import dev.rondo.tensor.Shape;
import dev.rondo.tensor.Tensor;
import dev.rondo.train.Optimizer;
import dev.rondo.train.TrainingStep;
import dev.rondo.tree.TreeBatch;
import dev.rondo.tree.Trees;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/// Rondo's networks over trees: the trees are an input of the program, whose levels are found anew in each run.
final class RondoTrees implements TreeContender {
    private final NaryTreeLSTM trained;
    private final Model model;
    private final Session session;
    private final TrainingStep step;

    RondoTrees(TreeShape shape, int threads) {
        Trees trees = shape.grow();
        Shape x = Shape.of(trees.leaves(), shape.hidden());
        Shape nodes = Shape.of(trees.nodes());
        Shape states = Shape.of(trees.nodes(), shape.hidden());
        trained = shape.network();
        step = TrainingStep.of(trained, Optimizer.adam(LEARNING_RATE))
                .input("x", x, DataType.F32)
                .input("parents", nodes, DataType.I64)
                .input("positions", nodes, DataType.I64)
                .input("target", states, DataType.F32)
                .threads(threads)
                .record(in -> Losses.mse(states(trained, in::get), in.get("target")));
        NaryTreeLSTM network = shape.network();
        model = Model.of(
                List.of(Input.floats("x", "L", "H"), Input.ids("parents", "N"), Input.ids("positions", "N")),
                in -> Map.of("h", states(network, in::get)));
        session = model.session(threads, x, nodes, nodes);
        TreeBatch batch = shape.batch(trees);
        fill(session::input, shape, trees, batch);
        fill(step::input, shape, trees, batch);
        step.input("target").copyFrom(shape.random(3, trees.nodes()));
    }

    private static Value states(NaryTreeLSTM network, Function<String, Value> in) {
        return network.forward(new PackedTrees(in.apply("x"), in.apply("parents"), in.apply("positions")))
                .h();
    }

    private static void fill(Function<String, Tensor> inputs, TreeShape shape, Trees trees, TreeBatch batch) {
        inputs.apply("x").copyFrom(shape.random(2, trees.leaves()));
        inputs.apply("parents").copyFrom(batch.parents());
        inputs.apply("positions").copyFrom(batch.positions());
    }

    @Override
    public void run() {
        session.run();
    }

    @Override
    public float[] states() {
        return session.output("h").toFloatArray();
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
        session.close();
        model.close();
    }
}
