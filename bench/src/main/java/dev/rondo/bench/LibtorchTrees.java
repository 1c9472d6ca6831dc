package dev.rondo.bench;

import dev.rondo.tree.TreeBatch;
import dev.rondo.tree.Trees;
import java.util.LinkedHashMap;
import java.util.Map;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Adam;
import org.bytedeco.pytorch.AdamOptions;
import org.bytedeco.pytorch.InferenceMode;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;

/// The Tree-LSTM in PyTorch's C++ library as it is written down: a function of a node and its children, called node by
/// node. What a step makes is freed at its end.
final class LibtorchTrees implements TreeContender {
    private final PointerScope scope = new PointerScope();
    private final TreeShape shape;
    private final Trees trees;
    private final TreeBatch batch;
    private final Map<String, Tensor> parameters = new LinkedHashMap<>();
    private final Adam adam;
    private final Tensor x;
    private final Tensor target;
    private float[] states = {};

    LibtorchTrees(TreeShape shape, int threads) {
        Libtorch.setThreads(threads);
        this.shape = shape;
        this.trees = shape.grow();
        this.batch = shape.batch(trees);
        shape.network().parameters().forEach((name, parameter) -> {
            Tensor tensor = Tensor.create(
                    parameter.tensor().toFloatArray(), parameter.shape().sizes());
            parameters.put(name, tensor.set_requires_grad(true));
        });
        adam = new Adam(new TensorVector(parameters.values().toArray(Tensor[]::new)), new AdamOptions(LEARNING_RATE));
        x = Tensor.create(shape.random(2, trees.leaves()), trees.leaves(), shape.hidden());
        target = Tensor.create(shape.random(3, trees.nodes()), trees.nodes(), shape.hidden());
    }

    /// The states of all nodes, (N, H).
    private Tensor forward() {
        int hidden = shape.hidden();
        Tensor inputWeight = parameters.get("weight_ih");
        TensorOptional bias = new TensorOptional(parameters.get("bias"));
        Tensor both = parameters.get("weight_hh");
        Tensor stateWeight = torch.cat(new TensorVector(both.select(0, 0), both.select(0, 1)), 1); // (5*H, 2*H)
        Tensor[] h = new Tensor[trees.nodes()];
        Tensor[] c = new Tensor[trees.nodes()];
        TensorVector byNumber = new TensorVector(trees.nodes());
        for (int node = trees.nodes() - 1; node >= 0; node--) { // children come behind their parents
            Tensor gates;
            if (trees.isLeaf(node)) {
                gates = torch.linear(x.narrow(0, batch.number(node), 1), inputWeight, bias);
            } else {
                Tensor children = torch.cat(new TensorVector(h[trees.child(node, 0)], h[trees.child(node, 1)]), 1);
                gates = torch.linear(children, stateWeight, bias);
            }
            Tensor cell =
                    torch.sigmoid(gates.narrow(1, 0, hidden)).mul(torch.tanh(gates.narrow(1, 3 * hidden, hidden)));
            for (int k = 0; k < trees.arity(node); k++) {
                Tensor forget = torch.sigmoid(gates.narrow(1, (1L + k) * hidden, hidden));
                cell = cell.add(forget.mul(c[trees.child(node, k)]));
            }
            c[node] = cell;
            h[node] = torch.sigmoid(gates.narrow(1, 4 * hidden, hidden)).mul(torch.tanh(cell));
            byNumber.put(batch.number(node), h[node]);
        }
        return torch.cat(byNumber, 0);
    }

    @Override
    public void run() {
        try (PointerScope _ = new PointerScope();
                InferenceMode _ = new InferenceMode()) {
            states = Libtorch.values(forward());
        }
    }

    @Override
    public float[] states() {
        return states;
    }

    @Override
    public float step() {
        try (PointerScope _ = new PointerScope()) {
            adam.zero_grad();
            Tensor loss = torch.mse_loss(forward(), target);
            loss.backward();
            adam.step();
            return loss.item_float();
        }
    }

    @Override
    public Map<String, float[]> weights() {
        Map<String, float[]> weights = new LinkedHashMap<>();
        parameters.forEach((name, tensor) -> weights.put(name, Libtorch.values(tensor)));
        return weights;
    }

    @Override
    public void close() {
        scope.close();
    }
}
