package dev.rondo.bench.peers;

import dev.rondo.bench.Contender;
import dev.rondo.bench.LayerShape;
import dev.rondo.bench.Library;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.tensorflow.Graph;
import org.tensorflow.Operand;
import org.tensorflow.Output;
import org.tensorflow.Result;
import org.tensorflow.Session;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.ndarray.buffer.DataBuffers;
import org.tensorflow.op.Ops;
import org.tensorflow.op.core.Constant;
import org.tensorflow.op.core.Placeholder;
import org.tensorflow.op.nn.BlockLSTM;
import org.tensorflow.op.nn.GRUBlockCell;
import org.tensorflow.op.nn.LSTMBlockCell;
import org.tensorflow.proto.ConfigProto;
import org.tensorflow.types.TFloat32;

/// TensorFlow Java's raw operations, for it has no layers: `BlockLSTMV2` over sequences, `LSTMBlockCell` and
/// `GRUBlockCell`, which resets before the product, for steps. Weights are constants of the graph; results of a run are
/// closed by the next.
public final class TensorFlow implements Library {
    @Override
    public String name() {
        return "tensorflow";
    }

    @Override
    public int rank() {
        return 5;
    }

    @Override
    public boolean hasLayer(LayerShape shape) {
        return shape.isPlain() && shape.cell().equals("lstm");
    }

    @Override
    public boolean hasStream(LayerShape shape) {
        return hasLayer(shape) || shape.isPlain() && shape.cell().equals("gru_reset_before");
    }

    @Override
    public Contender layer(LayerShape shape, int threads) {
        Graph graph = new Graph();
        Ops tf = Ops.create(graph);
        Placeholder<TFloat32> x = tf.placeholder(TFloat32.class);
        Operand<TFloat32> zeros = tf.constant(zeros(shape.batch(), shape.hidden()));
        Operand<TFloat32> peephole = tf.constant(zeros(shape.hidden()));
        BlockLSTM<TFloat32> lstm = tf.nn.blockLSTM(
                tf.constant((long) shape.steps()),
                x,
                zeros,
                zeros,
                weight(tf, shape, 0, 1, 2, 3), // i, f, c, o
                peephole,
                peephole,
                peephole,
                bias(tf, shape, 0, 1, 2, 3));
        return new Graphs(session(graph, threads), shape, x, Map.of(), lstm.h());
    }

    @Override
    public Contender stream(LayerShape shape, int threads) {
        Graph graph = new Graph();
        Ops tf = Ops.create(graph);
        Placeholder<TFloat32> x = tf.placeholder(TFloat32.class);
        Placeholder<TFloat32> h = tf.placeholder(TFloat32.class);
        if (!shape.cell().equals("lstm")) {
            GRUBlockCell<TFloat32> gru = tf.nn.gRUBlockCell(
                    x,
                    h,
                    weight(tf, shape, 0, 1), // r, u
                    weight(tf, shape, 2),
                    bias(tf, shape, 0, 1),
                    bias(tf, shape, 2));
            return new Graphs(session(graph, threads), shape, x, Map.of(h, gru.h()), gru.h());
        }
        Placeholder<TFloat32> c = tf.placeholder(TFloat32.class);
        Operand<TFloat32> peephole = tf.constant(zeros(shape.hidden()));
        LSTMBlockCell<TFloat32> lstm = tf.nn.lSTMBlockCell(
                x,
                c,
                h,
                weight(tf, shape, 0, 2, 1, 3), // i, c, f, o
                peephole,
                peephole,
                peephole,
                bias(tf, shape, 0, 2, 1, 3),
                LSTMBlockCell.forgetBias(0f));
        return new Graphs(session(graph, threads), shape, x, Map.of(h, lstm.h(), c, lstm.cs()), lstm.h());
    }

    private static Session session(Graph graph, int threads) {
        return new Session(
                graph,
                ConfigProto.newBuilder()
                        .setIntraOpParallelismThreads(threads)
                        .setInterOpParallelismThreads(1)
                        .build());
    }

    private static TFloat32 zeros(long... sizes) {
        return tensor(new float[(int) Shape.of(sizes).size()], sizes); // memory is not cleared by itself
    }

    private static TFloat32 tensor(float[] values, long... sizes) {
        return TFloat32.tensorOf(Shape.of(sizes), DataBuffers.of(values, true, false));
    }

    /// Both weights, transposed, one above the other: (I+H, gates*H), the gates being those of PyTorch's.
    private static Constant<TFloat32> weight(Ops tf, LayerShape shape, int... gates) {
        float[] input = shape.weights().get("weight_ih_l0"); // (G*H, I)
        float[] state = shape.weights().get("weight_hh_l0"); // (G*H, H)
        int hidden = shape.hidden();
        int height = shape.input() + hidden;
        int width = gates.length * hidden;
        float[] values = new float[height * width];
        for (int gate = 0; gate < gates.length; gate++) {
            for (int j = 0; j < hidden; j++) {
                int row = gates[gate] * hidden + j;
                for (int i = 0; i < shape.input(); i++) {
                    values[i * width + gate * hidden + j] = input[row * shape.input() + i];
                }
                for (int i = 0; i < hidden; i++) {
                    values[(shape.input() + i) * width + gate * hidden + j] = state[row * hidden + i];
                }
            }
        }
        return tf.constant(tensor(values, height, width));
    }

    private static Constant<TFloat32> bias(Ops tf, LayerShape shape, int... gates) {
        float[] input = shape.weights().get("bias_ih_l0");
        float[] state = shape.weights().get("bias_hh_l0");
        int hidden = shape.hidden();
        float[] values = new float[gates.length * hidden];
        for (int i = 0; i < values.length; i++) {
            int row = gates[i / hidden] * hidden + i % hidden;
            values[i] = input[row] + state[row];
        }
        return tf.constant(tensor(values, values.length));
    }

    private static final class Graphs implements Contender {
        private final Session session;
        private final LayerShape shape;
        private final Operand<TFloat32> input;
        private final Map<Placeholder<TFloat32>, Output<TFloat32>> states; // where each is read, and what is next
        private final Output<TFloat32> output;
        private final TFloat32 x;
        private final TFloat32 zeros;
        private @Nullable Result last; // the output, or the next states

        Graphs(
                Session session,
                LayerShape shape,
                Operand<TFloat32> input,
                Map<Placeholder<TFloat32>, Output<TFloat32>> states,
                Output<TFloat32> output) {
            this.session = session;
            this.shape = shape;
            this.input = input;
            this.states = states;
            this.output = output;
            x = states.isEmpty()
                    ? tensor(shape.values(), shape.sequence().sizes())
                    : tensor(shape.values(), shape.batch(), shape.input());
            zeros = zeros(shape.batch(), shape.hidden());
        }

        @Override
        public void run() {
            Session.Runner runner = session.runner().feed(input, x);
            if (states.isEmpty()) {
                runner.fetch(output);
            }
            int i = 0;
            for (Map.Entry<Placeholder<TFloat32>, Output<TFloat32>> state : states.entrySet()) {
                runner.feed(state.getKey(), last == null ? zeros : last.get(i++))
                        .fetch(state.getValue());
            }
            Result result = runner.run();
            if (last != null) {
                last.close();
            }
            last = result;
        }

        @Override
        public float[] output() {
            float[] values = new float[(int) shape.output().elements()];
            int at = states.isEmpty() ? 0 : List.copyOf(states.values()).indexOf(output);
            ((TFloat32) last.get(at)).asRawTensor().data().asFloats().read(values);
            return values;
        }

        @Override
        public Contender another() {
            return new Graphs(session, shape, input, states, output);
        }

        @Override
        public void close() {
            if (last != null) {
                last.close();
                last = null;
            }
            x.close();
            zeros.close();
        }
    }
}
