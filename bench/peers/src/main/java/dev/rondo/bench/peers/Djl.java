package dev.rondo.bench.peers;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Parameter;
import ai.djl.nn.recurrent.GRU;
import ai.djl.nn.recurrent.LSTM;
import ai.djl.nn.recurrent.RNN;
import ai.djl.nn.recurrent.RecurrentBlock;
import ai.djl.pytorch.jni.JniUtils;
import ai.djl.training.ParameterStore;
import dev.rondo.bench.Contender;
import dev.rondo.bench.LayerShape;
import dev.rondo.bench.Library;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Deep Java Library over PyTorch's engine: its recurrent blocks, parameters frozen, arrays of a run in a manager of
/// its own that the next run closes.
public final class Djl implements Library {
    private static final String ENGINE = "PyTorch";

    @Override
    public String name() {
        return "djl";
    }

    @Override
    public int rank() {
        return 4;
    }

    /// Its bidirectional blocks fail: PyTorch gets both directions' weights before both directions' biases.
    @Override
    public boolean hasLayer(LayerShape shape) {
        return !shape.isRagged() && !shape.isBidirectional() && !shape.cell().equals("gru_reset_before");
    }

    @Override
    public boolean hasStream(LayerShape shape) {
        return hasLayer(shape);
    }

    @Override
    public Contender layer(LayerShape shape, int threads) {
        return made(shape, threads, false);
    }

    @Override
    public Contender stream(LayerShape shape, int threads) {
        return made(shape, threads, true);
    }

    private static Contender made(LayerShape shape, int threads, boolean isStream) {
        NDManager manager = NDManager.newBaseManager(Device.cpu(), ENGINE);
        JniUtils.setNumThreads(threads);
        RecurrentBlock block = block(shape);
        block.initialize(manager, DataType.FLOAT32, new Shape(shape.sequence().sizes()));
        block.freezeParameters(true);
        Map<String, float[]> weights = shape.weights();
        for (Parameter parameter : block.getParameters().values()) {
            parameter.getArray().set(weights.get(name(parameter.getName())));
        }
        return new Blocks(manager, block, shape, isStream);
    }

    /// PyTorch's name of `l_0_i2h_WEIGHT`: `weight_ih_l0`.
    private static String name(String name) {
        String[] parts = name.split("_");
        String kind = parts[3].toLowerCase(Locale.ROOT) + (parts[2].equals("i2h") ? "_ih" : "_hh");
        return kind + "_l" + parts[1] + (parts[0].equals("r") ? "_reverse" : "");
    }

    private static RecurrentBlock block(LayerShape shape) {
        RecurrentBlock.BaseBuilder<?> builder = switch (shape.cell()) {
            case "lstm" -> LSTM.builder();
            case "gru" -> GRU.builder();
            case "rnn" -> RNN.builder().setActivation(RNN.Activation.TANH);
            case "rnn_relu" -> RNN.builder().setActivation(RNN.Activation.RELU);
            default -> throw new IllegalArgumentException("DJL has no cell named " + shape.cell());
        };
        builder.setStateSize(shape.hidden())
                .setNumLayers(shape.layers())
                .optBidirectional(shape.isBidirectional())
                .optBatchFirst(false)
                .optReturnState(true);
        return switch (builder) {
            case LSTM.Builder lstm -> lstm.build();
            case GRU.Builder gru -> gru.build();
            case RNN.Builder rnn -> rnn.build();
            default -> throw new IllegalStateException("not recurrent: " + builder);
        };
    }

    private static final class Blocks implements Contender {
        private final NDManager manager;
        private final RecurrentBlock block;
        private final LayerShape shape;
        private final boolean isStream;
        private final ParameterStore parameters;
        private final NDArray x;
        private @Nullable NDManager last;
        private @Nullable NDList outputs; // output, h, c of the last run

        Blocks(NDManager manager, RecurrentBlock block, LayerShape shape, boolean isStream) {
            this.manager = manager;
            this.block = block;
            this.shape = shape;
            this.isStream = isStream;
            parameters = new ParameterStore(manager, false);
            x = manager.create(shape.values(), new Shape(shape.sequence().sizes()));
        }

        @Override
        public void run() {
            NDManager run = manager.newSubManager();
            NDList inputs = new NDList(x);
            if (isStream && outputs != null) {
                inputs.addAll(outputs.subList(1, outputs.size()));
            }
            outputs = block.forward(parameters, inputs, false);
            outputs.attach(run);
            if (last != null) {
                last.close();
            }
            last = run;
        }

        @Override
        public float[] output() {
            return outputs.getFirst().toFloatArray();
        }

        @Override
        public Contender another() {
            return new Blocks(manager.newSubManager(), block, shape, isStream);
        }

        @Override
        public void close() {
            manager.close();
        }
    }
}
