package dev.rondo.bench;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Adam;
import org.bytedeco.pytorch.AdamOptions;
import org.bytedeco.pytorch.GRUImpl;
import org.bytedeco.pytorch.LSTMImpl;
import org.bytedeco.pytorch.Module;
import org.bytedeco.pytorch.RNNImpl;
import org.bytedeco.pytorch.StringTensorDict;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;

/// PyTorch's step, through its C++ library: `nn::LSTM`, `nn::GRU` or `nn::RNN`, autograd, `clip_grad_norm_`, `Adam`.
///
/// Everything is as the artifact has it: oneDNN computes the LSTM, OpenBLAS the products of GRU and RNN. What a step
/// makes is freed at its end.
final class LibtorchTraining implements Training {
    private final PointerScope scope = new PointerScope();
    private final Module module;
    private final UnaryOperator<Tensor> forward;
    private final TensorVector parameters;
    private final Adam adam;
    private final Tensor x;
    private final Tensor target;

    LibtorchTraining(LayerShape shape, int threads) {
        Libtorch.setThreads(threads);
        module = Libtorch.module(shape);
        forward = switch (module) {
            case LSTMImpl lstm -> input -> lstm.forward(input).get0();
            case GRUImpl gru -> input -> gru.forward(input).get0();
            case RNNImpl rnn -> input -> rnn.forward(input).get0();
            default -> throw new IllegalStateException("not recurrent: " + module);
        };
        parameters = module.parameters();
        adam = new Adam(parameters, new AdamOptions(LEARNING_RATE));
        x = tensor(Training.input(shape), shape.sequence().sizes());
        target = tensor(Training.target(shape), shape.sequence().sizes());
    }

    private static Tensor tensor(float[] values, long[] sizes) {
        return Tensor.create(values, sizes);
    }

    @Override
    public float step() {
        try (PointerScope _ = new PointerScope()) {
            adam.zero_grad();
            Tensor loss = torch.mse_loss(forward.apply(x), target);
            loss.backward();
            torch.clip_grad_norm_(parameters, MAX_NORM);
            adam.step();
            return loss.item_float();
        }
    }

    @Override
    public Map<String, float[]> weights() {
        Map<String, float[]> weights = new LinkedHashMap<>();
        try (PointerScope _ = new PointerScope()) {
            StringTensorDict named = module.named_parameters();
            for (long i = 0; i < named.size(); i++) {
                Tensor tensor = named.get(i).value();
                float[] values = new float[(int) tensor.numel()];
                new FloatPointer(tensor.data_ptr()).get(values);
                weights.put(named.get(i).key().getString(), values);
            }
        }
        return weights;
    }

    @Override
    public void close() {
        scope.close();
    }
}
