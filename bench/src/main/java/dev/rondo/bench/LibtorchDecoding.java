package dev.rondo.bench;

import dev.rondo.nn.Seq2Seq;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.LongPointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.InferenceMode;
import org.bytedeco.pytorch.LSTMImpl;
import org.bytedeco.pytorch.LSTMOptions;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.StringTensorDict;
import org.bytedeco.pytorch.T_TensorT_TensorTensor_T_T;
import org.bytedeco.pytorch.T_TensorTensor_T;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;

/// The same network and search on PyTorch's C++ library: `nn::LSTM` for the encoder, `lstm_cell`, `bmm` and
/// `linear` for a step of all hypotheses, `topk` over the hypotheses of a source, `index_select` to put states in
/// order. As in Rondo, hypotheses of a source share what they attend to.
final class LibtorchDecoding implements Decoding {
    private final int hidden;
    private final int batch;
    private final int beam;
    private final Map<String, Tensor> weights = new HashMap<>();
    private final LSTMImpl encoder;
    private final Tensor source; // (S, N)

    LibtorchDecoding(int hidden, int batch, int beam, int threads) {
        this.hidden = hidden;
        this.batch = batch;
        this.beam = beam;
        Libtorch.setThreads(threads);
        Seq2Seq network = Decoding.network(hidden);
        network.parameters()
                .forEach((name, parameter) -> weights.put(
                        name,
                        Tensor.create(
                                parameter.tensor().toFloatArray(),
                                parameter.shape().sizes())));
        LSTMOptions options = new LSTMOptions(hidden, hidden);
        options.num_layers().put(2);
        encoder = new LSTMImpl(options);
        try (NoGradGuard _ = new NoGradGuard()) {
            StringTensorDict named = encoder.named_parameters();
            for (String name : weights.keySet()) {
                if (name.startsWith("encoder.rnn.")) {
                    named.get(name.substring("encoder.rnn.".length())).copy_(weights.get(name));
                }
            }
        }
        long[] ids = new long[LENGTH * batch];
        long[][] sources = Decoding.sources(batch);
        for (int s = 0; s < LENGTH; s++) {
            for (int n = 0; n < batch; n++) {
                ids[s * batch + n] = sources[n][s];
            }
        }
        source = Tensor.create(ids, LENGTH, batch);
    }

    @Override
    public long[][] run() {
        try (PointerScope _ = new PointerScope();
                InferenceMode _ = new InferenceMode()) {
            return decode();
        }
    }

    private Tensor weight(String name) {
        return weights.get(name);
    }

    private long[][] decode() {
        int rows = batch * beam;
        Tensor x = torch.embedding(weight("encoder.embedding.weight"), source);
        T_TensorT_TensorTensor_T_T encoded = encoder.forward(x);
        Tensor values = encoded.get0().transpose(0, 1).contiguous(); // (N, S, H)
        Tensor keys = torch.linear(values, weight("decoder.attention.key.weight"))
                .transpose(1, 2)
                .contiguous(); // (N, H, S)
        Tensor[] h = states(encoded.get1().get0());
        Tensor[] c = states(encoded.get1().get1());
        long[] start = new long[rows];
        Arrays.fill(start, START);
        Tensor[] state = {h[0], h[1], c[0], c[1], torch.zeros(rows, hidden), Tensor.create(start, rows)};
        Arrays.stream(state).forEach(Tensor::retainReference);
        double[] sums = new double[rows];
        long[][] written = new long[rows][LENGTH];
        for (int t = 0; t <= LENGTH; t++) {
            Tensor[] before = state;
            try (PointerScope scope = new PointerScope()) { // what a step makes is freed at its end
                Tensor[] after = step(t, before, keys, values, sums, written);
                state = Arrays.stream(after)
                        .map(tensor -> Libtorch.kept(scope, tensor))
                        .toArray(Tensor[]::new);
            }
            Arrays.stream(before).forEach(Libtorch::free);
        }
        Arrays.stream(state).forEach(Libtorch::free);
        long[][] best = new long[batch][];
        for (int n = 0; n < batch; n++) {
            best[n] = written[n * beam];
        }
        return best;
    }

    /// @param state hidden states of both layers, cell states of both, what is fed, and ids
    private Tensor[] step(int t, Tensor[] state, Tensor keys, Tensor values, double[] sums, long[][] written) {
        int rows = batch * beam;
        Tensor[] next = new Tensor[6];
        Tensor input =
                torch.cat(new TensorVector(torch.embedding(weight("decoder.embedding.weight"), state[5]), state[4]), 1);
        for (int layer = 0; layer < 2; layer++) {
            T_TensorTensor_T cell = torch.lstm_cell(
                    input,
                    new TensorVector(state[layer], state[2 + layer]),
                    weight("decoder.rnn.weight_ih_l" + layer),
                    weight("decoder.rnn.weight_hh_l" + layer),
                    new TensorOptional(weight("decoder.rnn.bias_ih_l" + layer)),
                    new TensorOptional(weight("decoder.rnn.bias_hh_l" + layer)));
            next[layer] = cell.get0();
            next[2 + layer] = cell.get1();
            input = cell.get0();
        }
        Tensor scores = torch.softmax(torch.bmm(input.view(batch, beam, hidden), keys), 2);
        Tensor context = torch.bmm(scores, values).view(rows, hidden);
        next[4] = torch.tanh(
                torch.linear(torch.cat(new TensorVector(context, input), 1), weight("decoder.readout.weight")));
        Tensor logs = torch.log_softmax(
                torch.linear(
                        next[4], weight("decoder.output.weight"), new TensorOptional(weight("decoder.output.bias"))),
                1);
        next[5] = state[5];
        if (t == LENGTH) {
            return next; // nothing but the end can follow
        }
        long[] chosen = choose(t, logs, sums, written);
        next[5] = Tensor.create(Arrays.copyOf(chosen, rows), rows);
        if (beam > 1) {
            Tensor parents = Tensor.create(Arrays.copyOfRange(chosen, rows, 2 * rows), rows);
            for (int i = 0; i < 5; i++) {
                next[i] = next[i].index_select(0, parents);
            }
        }
        return next;
    }

    private Tensor[] states(Tensor all) {
        Tensor[] states = new Tensor[2];
        for (int layer = 0; layer < 2; layer++) {
            Tensor own = all.select(0, layer); // (N, H)
            states[layer] = beam == 1 ? own : own.repeat_interleave(beam, new LongOptional(0), new LongOptional());
        }
        return states;
    }

    /// The ids of all rows, and behind them the rows that they continue.
    private long[] choose(int t, Tensor logs, double[] sums, long[][] written) {
        int rows = batch * beam;
        float[] before = new float[rows];
        for (int row = 0; row < rows; row++) {
            boolean counts = t > 0 || row % beam == 0; // all rows are alike at first
            before[row] = counts ? (float) sums[row] : Float.NEGATIVE_INFINITY;
        }
        logs.slice(1, new LongOptional(START), new LongOptional(END + 1), 1).fill_(new Scalar(Float.NEGATIVE_INFINITY));
        Tensor total = logs.add(Tensor.create(before, rows, 1)).view(batch, (long) beam * VOCABULARY);
        T_TensorTensor_T best = total.topk(beam);
        FloatPointer scores = new FloatPointer(best.get0().contiguous().data_ptr());
        LongPointer places = new LongPointer(best.get1().contiguous().data_ptr());
        long[] chosen = new long[2 * rows];
        long[][] old = new long[rows][];
        for (int row = 0; row < rows; row++) {
            long place = places.get(row);
            chosen[row] = place % VOCABULARY;
            int parent = row / beam * beam + (int) (place / VOCABULARY);
            chosen[rows + row] = parent;
            sums[row] = scores.get(row);
            old[row] = beam == 1 ? written[parent] : written[parent].clone();
        }
        for (int row = 0; row < rows; row++) {
            written[row] = old[row];
            written[row][t] = chosen[row];
        }
        return chosen;
    }

    @Override
    public void close() {}
}
