package dev.rondo.bench.peers;

import dev.rondo.bench.Contender;
import dev.rondo.bench.LayerShape;
import dev.rondo.bench.Library;
import java.util.Map;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.layers.LSTM;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.conf.layers.recurrent.Bidirectional;
import org.deeplearning4j.nn.conf.layers.recurrent.SimpleRnn;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/// Deeplearning4j: `LSTM` and `SimpleRnn`, also `Bidirectional`; it has no GRU. Single steps are `rnnTimeStep`.
///
/// A network is for one caller at a time, so that each has a clone.
public final class Deeplearning4j implements Library {
    @Override
    public String name() {
        return "dl4j";
    }

    @Override
    public int rank() {
        return 6;
    }

    @Override
    public boolean hasLayer(LayerShape shape) {
        return !shape.isRagged() && shape.gates() != 3;
    }

    @Override
    public boolean hasStream(LayerShape shape) {
        return hasLayer(shape);
    }

    @Override
    public Contender layer(LayerShape shape, int threads) {
        return new Network(network(shape, threads), shape, false);
    }

    @Override
    public Contender stream(LayerShape shape, int threads) {
        return new Network(network(shape, threads), shape, true);
    }

    private static MultiLayerNetwork network(LayerShape shape, int threads) {
        Nd4j.getEnvironment().setMaxMasterThreads(threads);
        Nd4j.getEnvironment().setMaxThreads(threads);
        Nd4j.factory().blas().setMaxThreads(threads);
        NeuralNetConfiguration.ListBuilder list = new NeuralNetConfiguration.Builder().list();
        for (int layer = 0; layer < shape.layers(); layer++) {
            Layer one = configuration(shape, shape.input(layer));
            list.layer(shape.isBidirectional() ? new Bidirectional(Bidirectional.Mode.CONCAT, one) : one);
        }
        MultiLayerNetwork network = new MultiLayerNetwork(list.build());
        network.init();
        Map<String, float[]> weights = shape.weights();
        for (int layer = 0; layer < shape.layers(); layer++) {
            for (int direction = 0; direction < shape.directions(); direction++) {
                String to = layer + "_" + (shape.isBidirectional() ? direction == 0 ? "f" : "b" : "");
                String from = "_l" + layer + (direction == 1 ? "_reverse" : "");
                int width = shape.input(layer);
                network.setParam(to + "W", transposed(shape, weights.get("weight_ih" + from), width));
                network.setParam(to + "RW", transposed(shape, weights.get("weight_hh" + from), shape.hidden()));
                INDArray bias = transposed(shape, weights.get("bias_ih" + from), 1)
                        .add(transposed(shape, weights.get("bias_hh" + from), 1));
                network.setParam(to + "b", bias);
            }
        }
        return network;
    }

    private static Layer configuration(LayerShape shape, int width) {
        return switch (shape.cell()) {
            case "lstm" ->
                new LSTM.Builder()
                        .nIn(width)
                        .nOut(shape.hidden())
                        .activation(Activation.TANH)
                        .gateActivationFunction(Activation.SIGMOID)
                        .build();
            case "rnn", "rnn_relu" ->
                new SimpleRnn.Builder()
                        .nIn(width)
                        .nOut(shape.hidden())
                        .activation(shape.cell().equals("rnn") ? Activation.TANH : Activation.RELU)
                        .build();
            default -> throw new IllegalArgumentException("Deeplearning4j has no cell named " + shape.cell());
        };
    }

    /// (W, G*H) of (G*H, W), PyTorch's gates i, f, g, o as g, f, o, i.
    private static INDArray transposed(LayerShape shape, float[] weight, int width) {
        int[] order = shape.gates() == 4 ? new int[] {2, 1, 3, 0} : new int[] {0};
        int hidden = shape.hidden();
        int rows = shape.gates() * hidden;
        float[] values = new float[weight.length];
        for (int row = 0; row < rows; row++) {
            int source = order[row / hidden] * hidden + row % hidden;
            for (int i = 0; i < width; i++) {
                values[i * rows + row] = weight[source * width + i];
            }
        }
        return Nd4j.create(values, new int[] {width, rows}, 'c');
    }

    private static final class Network implements Contender {
        private final MultiLayerNetwork network;
        private final LayerShape shape;
        private final boolean isStream;
        private final INDArray x; // (N, I, T)
        private @Nullable INDArray output; // (N, D*H, T)

        Network(MultiLayerNetwork network, LayerShape shape, boolean isStream) {
            this.network = network;
            this.shape = shape;
            this.isStream = isStream;
            int[] sizes = {shape.steps(), shape.batch(), shape.input()};
            x = Nd4j.create(shape.values(), sizes, 'c').permute(1, 2, 0).dup('f');
        }

        @Override
        public void run() {
            output = isStream ? network.rnnTimeStep(x) : network.output(x);
        }

        @Override
        public float[] output() {
            return output.permute(2, 0, 1).dup('c').data().asFloat();
        }

        @Override
        public Contender another() {
            MultiLayerNetwork clone = network.clone();
            clone.rnnClearPreviousState();
            return new Network(clone, shape, isStream);
        }

        @Override
        public void close() {
            network.close();
        }
    }
}
