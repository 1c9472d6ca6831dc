package dev.rondo.bench;

import java.util.Arrays;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.openblas.global.openblas_nolapack;
import org.bytedeco.pytorch.GRUImpl;
import org.bytedeco.pytorch.GRUOptions;
import org.bytedeco.pytorch.InferenceMode;
import org.bytedeco.pytorch.LSTMImpl;
import org.bytedeco.pytorch.LSTMOptions;
import org.bytedeco.pytorch.Module;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.PackedSequence;
import org.bytedeco.pytorch.RNNImpl;
import org.bytedeco.pytorch.RNNNonlinearity;
import org.bytedeco.pytorch.RNNOptions;
import org.bytedeco.pytorch.StringTensorDict;
import org.bytedeco.pytorch.T_TensorTensor_T;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.kReLU;
import org.bytedeco.pytorch.kTanh;
import org.jspecify.annotations.Nullable;

/// PyTorch's C++ library in inference mode: `nn::LSTM`, `nn::GRU` and `nn::RNN` over sequences, `lstm_cell`,
/// `gru_cell` and `rnn_…_cell` for single steps, where they are faster. What a run makes is freed at its end, its
/// output at that of the next.
///
/// Everything is as the artifact has it: oneDNN computes LSTMs over sequences, OpenBLAS the products of the rest.
public final class Libtorch implements Library {
    @Override
    public String name() {
        return "libtorch";
    }

    @Override
    public int rank() {
        return 2;
    }

    /// Whether this platform's libraries are on the class path.
    static boolean isPresent() {
        return Libtorch.class.getResource("/org/bytedeco/pytorch/linux-x86_64/libtorch_cpu.so") != null
                || Libtorch.class.getResource("/org/bytedeco/pytorch/macosx-arm64/libtorch_cpu.dylib") != null;
    }

    @Override
    public boolean hasLayer(LayerShape shape) {
        return isPresent() && !shape.cell().equals("gru_reset_before");
    }

    @Override
    public boolean hasStream(LayerShape shape) {
        return hasLayer(shape);
    }

    @Override
    public Contender layer(LayerShape shape, int threads) {
        setThreads(threads);
        return new Layer(shape, module(shape));
    }

    @Override
    public Contender stream(LayerShape shape, int threads) {
        setThreads(threads);
        return new Stream(shape, module(shape));
    }

    static void setThreads(int threads) {
        torch.set_num_threads(threads);
        openblas_nolapack.blas_set_num_threads(threads); // its threads are its own, and spin where nobody says how many
    }

    /// The layers of a shape, with its weights.
    static Module module(LayerShape shape) {
        Module module = switch (shape.cell()) {
            case "lstm" -> {
                LSTMOptions options = new LSTMOptions(shape.input(), shape.hidden());
                options.num_layers().put(shape.layers());
                options.bidirectional().put(shape.isBidirectional());
                yield new LSTMImpl(options);
            }
            case "gru" -> {
                GRUOptions options = new GRUOptions(shape.input(), shape.hidden());
                options.num_layers().put(shape.layers());
                options.bidirectional().put(shape.isBidirectional());
                yield new GRUImpl(options);
            }
            case "rnn", "rnn_relu" -> {
                RNNOptions options = new RNNOptions(shape.input(), shape.hidden());
                options.num_layers().put(shape.layers());
                options.bidirectional().put(shape.isBidirectional());
                options.nonlinearity()
                        .put(
                                shape.cell().equals("rnn")
                                        ? new RNNNonlinearity(new kTanh())
                                        : new RNNNonlinearity(new kReLU()));
                yield new RNNImpl(options);
            }
            default -> throw new IllegalArgumentException("libtorch has no cell named " + shape.cell());
        };
        try (NoGradGuard _ = new NoGradGuard()) {
            StringTensorDict named = module.named_parameters();
            shape.module().parameters().forEach((name, parameter) -> {
                Tensor values = Tensor.create(
                        parameter.tensor().toFloatArray(), parameter.shape().sizes());
                named.get(name).copy_(values);
            });
        }
        return module;
    }

    static float[] values(Tensor tensor) {
        try (PointerScope _ = new PointerScope()) {
            Tensor dense = tensor.contiguous();
            float[] values = new float[(int) dense.numel()];
            new FloatPointer(dense.data_ptr()).get(values);
            return values;
        }
    }

    /// What a run made and has to outlive it.
    static Tensor kept(PointerScope run, Tensor tensor) {
        Tensor kept = new Tensor(tensor); // the same elements; tuples own their tensors
        kept.retainReference();
        run.detach(kept);
        return kept;
    }

    static void free(@Nullable Tensor tensor) {
        if (tensor != null) {
            tensor.releaseReference();
        }
    }

    private static final class Layer implements Contender {
        private final LayerShape shape;
        private final Module module;
        private final Tensor x;
        private final Tensor lengths;
        private @Nullable Tensor output;

        Layer(LayerShape shape, Module module) {
            this.shape = shape;
            this.module = module;
            x = Tensor.create(shape.values(), shape.sequence().sizes());
            lengths =
                    Tensor.create(Arrays.stream(shape.lengths()).asLongStream().toArray(), shape.batch());
        }

        @Override
        public void run() {
            Tensor before = output;
            try (PointerScope run = new PointerScope();
                    InferenceMode _ = new InferenceMode()) {
                output = kept(run, shape.isRagged() ? ragged() : forward());
            }
            free(before);
        }

        private Tensor forward() {
            return switch (module) {
                case LSTMImpl lstm -> lstm.forward(x).get0();
                case GRUImpl gru -> gru.forward(x).get0();
                case RNNImpl rnn -> rnn.forward(x).get0();
                default -> throw new IllegalStateException("not recurrent: " + module);
            };
        }

        private Tensor ragged() {
            PackedSequence packed = torch.pack_padded_sequence(x, lengths, false, false);
            PackedSequence result = switch (module) {
                case LSTMImpl lstm -> lstm.forward_with_packed_input(packed).get0();
                case GRUImpl gru -> gru.forward_with_packed_input(packed).get0();
                case RNNImpl rnn -> rnn.forward_with_packed_input(packed).get0();
                default -> throw new IllegalStateException("not recurrent: " + module);
            };
            return torch.pad_packed_sequence(result).get0();
        }

        @Override
        public float[] output() {
            return values(output);
        }

        @Override
        public Contender another() {
            return new Layer(shape, module);
        }

        @Override
        public void close() {
            free(output);
            output = null;
        }
    }

    private static final class Stream implements Contender {
        private final LayerShape shape;
        private final Module module;
        private final Tensor inputWeight;
        private final Tensor stateWeight;
        private final TensorOptional inputBias;
        private final TensorOptional stateBias;
        private final Tensor x; // (N, I)
        private Tensor h; // (N, H)
        private Tensor c;

        Stream(LayerShape shape, Module module) {
            this.shape = shape;
            this.module = module;
            StringTensorDict named = module.named_parameters();
            inputWeight = named.get("weight_ih_l0");
            stateWeight = named.get("weight_hh_l0");
            inputBias = new TensorOptional(named.get("bias_ih_l0"));
            stateBias = new TensorOptional(named.get("bias_hh_l0"));
            x = Tensor.create(shape.values(), shape.batch(), shape.input());
            h = zeros();
            c = zeros();
        }

        private Tensor zeros() {
            Tensor zeros = Tensor.create(new float[shape.batch() * shape.hidden()], shape.batch(), shape.hidden());
            zeros.retainReference();
            return zeros;
        }

        @Override
        public void run() {
            Tensor hidden = h;
            Tensor cell = c;
            try (PointerScope run = new PointerScope();
                    InferenceMode _ = new InferenceMode()) {
                switch (shape.cell()) {
                    case "lstm" -> {
                        T_TensorTensor_T next = torch.lstm_cell(
                                x, new TensorVector(h, c), inputWeight, stateWeight, inputBias, stateBias);
                        h = kept(run, next.get0());
                        c = kept(run, next.get1());
                        free(cell);
                    }
                    case "gru" -> h = kept(run, torch.gru_cell(x, h, inputWeight, stateWeight, inputBias, stateBias));
                    case "rnn" ->
                        h = kept(run, torch.rnn_tanh_cell(x, h, inputWeight, stateWeight, inputBias, stateBias));
                    default -> h = kept(run, torch.rnn_relu_cell(x, h, inputWeight, stateWeight, inputBias, stateBias));
                }
            }
            free(hidden);
        }

        @Override
        public float[] output() {
            return values(h);
        }

        @Override
        public Contender another() {
            return new Stream(shape, module);
        }

        @Override
        public void close() {
            free(h);
            free(c);
        }
    }
}
