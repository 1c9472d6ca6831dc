package dev.rondo.bench;

import dev.rondo.nn.Module;
import java.util.LinkedHashMap;
import java.util.Map;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Adam;
import org.bytedeco.pytorch.AdamOptions;
import org.bytedeco.pytorch.InferenceMode;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;

/// PyTorch's, through its C++ library: the same loop in its operations, the input's share computed for all steps at
/// once.
final class LibtorchLoop implements Loop {
    private final PointerScope scope = new PointerScope();
    private final LoopShape shape;
    private final Map<String, Tensor> weights = new LinkedHashMap<>();
    private final TensorVector parameters = new TensorVector();
    private final Adam adam;
    private final Tensor x;
    private final Tensor target;
    private final Tensor zeros;
    private @Nullable Tensor output;

    LibtorchLoop(LoopShape shape, int threads) {
        Libtorch.setThreads(threads);
        this.shape = shape;
        Module module = shape.module();
        module.parameters().forEach((name, parameter) -> {
            Tensor tensor = Tensor.create(
                    parameter.tensor().toFloatArray(), parameter.shape().sizes());
            tensor.set_requires_grad(true);
            weights.put(name, tensor);
            parameters.push_back(tensor);
        });
        adam = new Adam(parameters, new AdamOptions(LEARNING_RATE));
        x = Tensor.create(shape.random(2), shape.sequence().sizes());
        target = Tensor.create(shape.random(3), shape.sequence().sizes());
        zeros = Tensor.create(new float[shape.batch() * shape.hidden()], shape.batch(), shape.hidden());
    }

    private Tensor record() {
        return switch (shape.cell()) {
            case DEEP_TRANSITION -> deepTransition();
            case NORMALIZED_LSTM -> normalizedLstm();
        };
    }

    private TensorOptional optional(String name) {
        return new TensorOptional(weights.get(name));
    }

    private Tensor deepTransition() {
        Tensor share = torch.linear(x, weights.get("input.weight"), optional("input.bias"));
        Tensor state = weights.get("state.weight").t();
        Tensor transition = weights.get("transition.0.weight").t();
        Tensor bias = weights.get("transition.0.bias");
        TensorVector outputs = new TensorVector();
        Tensor h = zeros;
        for (long t = 0; t < shape.steps(); t++) {
            Tensor z = torch.addmm(share.select(0, t), h, state).tanh();
            h = torch.addmm(bias, z, transition).tanh();
            outputs.push_back(h);
        }
        return torch.stack(outputs, 0);
    }

    private Tensor normalized(Tensor a, String name) {
        return torch.layer_norm(
                a, new long[] {a.size(-1)}, optional(name + ".weight"), optional(name + ".bias"), 1e-5, false);
    }

    private Tensor normalizedLstm() {
        Tensor share = normalized(torch.linear(x, weights.get("weight_ih")), "layernorm_i");
        Tensor recurrent = weights.get("weight_hh");
        TensorVector outputs = new TensorVector();
        Tensor h = zeros;
        Tensor c = zeros;
        for (long t = 0; t < shape.steps(); t++) {
            Tensor gates = share.select(0, t).add(normalized(torch.linear(h, recurrent), "layernorm_h"));
            TensorVector parts = gates.chunk(4, 1);
            Tensor kept = parts.get(1).sigmoid().mul(c);
            c = kept.add(parts.get(0).sigmoid().mul(parts.get(2).tanh()));
            h = parts.get(3).sigmoid().mul(normalized(c, "layernorm_c").tanh());
            outputs.push_back(h);
        }
        return torch.stack(outputs, 0);
    }

    @Override
    public void forward() {
        Tensor before = output;
        try (PointerScope run = new PointerScope();
                InferenceMode _ = new InferenceMode()) {
            output = record();
            output.retainReference();
            run.detach(output);
        }
        if (before != null) {
            before.releaseReference();
        }
    }

    @Override
    public float[] output() {
        return Libtorch.values(output);
    }

    @Override
    public float step() {
        try (PointerScope _ = new PointerScope()) {
            adam.zero_grad();
            Tensor loss = torch.mse_loss(record(), target);
            loss.backward();
            torch.clip_grad_norm_(parameters, MAX_NORM);
            adam.step();
            return loss.item_float();
        }
    }

    @Override
    public Map<String, float[]> weights() {
        Map<String, float[]> values = new LinkedHashMap<>();
        weights.forEach((name, tensor) -> {
            float[] elements = new float[(int) tensor.numel()];
            new FloatPointer(tensor.data_ptr()).get(elements);
            values.put(name, elements);
        });
        return values;
    }

    @Override
    public void close() {
        scope.close();
    }
}
