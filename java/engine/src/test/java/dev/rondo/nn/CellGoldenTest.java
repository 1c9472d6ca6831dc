package dev.rondo.nn;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.rondo.Input;
import dev.rondo.Model;
import dev.rondo.Session;
import dev.rondo.program.Activation;
import dev.rondo.program.Value;
import dev.rondo.reference.Golden;
import dev.rondo.reference.Tolerance;
import dev.rondo.tensor.Tensor;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Cells and layers that PyTorch lacks, against what its plain operations give: outputs, and gradients of everything.
class CellGoldenTest {
    private static final int INPUT = 5;
    private static final int HIDDEN = 7;
    private static final Tolerance TOLERANCE = new Tolerance(1e-5);

    static List<String> cases() throws IOException {
        return Golden.list("cells");
    }

    static Module module(String name) {
        return switch (name.substring("cells/".length())) {
            case "deep_transition_1" -> new DeepTransition(INPUT, HIDDEN, 1);
            case "deep_transition_2" -> new DeepTransition(INPUT, HIDDEN, 2);
            case "deep_transition_3" -> new DeepTransition(INPUT, HIDDEN, 3);
            case "deep_transition_2_shortcut" -> new DeepTransition(INPUT, HIDDEN, 2, true, Activation.TANH);
            case "deep_transition_3_shortcut" -> new DeepTransition(INPUT, HIDDEN, 3, true, Activation.TANH);
            case "deep_transition_lstm" -> new DeepTransitionCell(new LSTMCell(INPUT, HIDDEN), new LSTMCell(0, HIDDEN));
            case "deep_transition_gru" ->
                new DeepTransitionCell(new GRUCell(INPUT, HIDDEN), new GRUCell(0, HIDDEN), new GRUCell(0, HIDDEN));
            case "lstm_cell" -> new LSTMCell(INPUT, HIDDEN);
            case "lstm_cell_norm" -> new LSTMCell(INPUT, HIDDEN, true);
            case "gru_cell" -> new GRUCell(INPUT, HIDDEN);
            case "gru_cell_norm" -> new GRUCell(INPUT, HIDDEN, true);
            case "coupled_lstm" -> new CoupledLSTMCell(INPUT, HIDDEN);
            case "slstm" -> new SLSTMCell(INPUT, HIDDEN);
            case "slstm_7_heads" -> new SLSTMCell(INPUT, HIDDEN, 7);
            case "sru" -> new SRU(INPUT, HIDDEN);
            case "sru_square" -> new SRU(INPUT, INPUT);
            case "qrnn_1" -> new QRNN(INPUT, HIDDEN, 1);
            case "qrnn_3" -> new QRNN(INPUT, HIDDEN, 3);
            case "ind_rnn_relu" -> new IndRNN(INPUT, HIDDEN);
            case "ind_rnn_tanh" -> new IndRNN(INPUT, HIDDEN, Activation.TANH);
            case "min_gru" -> new MinGRU(INPUT, HIDDEN);
            case "min_lstm" -> new MinLSTM(INPUT, HIDDEN);
            case "look_ahead_convolution" -> new LookAheadConvolution(INPUT, 3);
            default -> throw new IllegalArgumentException(name);
        };
    }

    private static Module loaded(Golden golden) {
        Module module = module(golden.name());
        Map<String, Tensor> weights = new LinkedHashMap<>();
        module.parameters().keySet().forEach(name -> weights.put(name, golden.tensor(name)));
        module.load(weights);
        return module;
    }

    @ParameterizedTest
    @MethodSource("cases")
    void outputsEqualPyTorch(String name) throws IOException {
        Golden golden = Golden.read(name);
        try (Model model = Model.of(loaded(golden), Input.floats("x", "T", "N", "5"));
                Session session = model.session(golden.tensor("input").shape())) {
            session.input().copyFrom(golden.tensor("input"));
            session.run();
            TOLERANCE.assertClose(
                    name, golden.values("output"), session.output().toFloatArray());
        }
    }

    @ParameterizedTest
    @MethodSource("cases")
    void gradientsEqualPyTorch(String name) throws IOException {
        Golden golden = Golden.read(name);
        Module module = loaded(golden);
        Map<String, Tensor> variables = new LinkedHashMap<>();
        module.parameters().forEach((key, parameter) -> variables.put(key, parameter.tensor()));
        variables.put("input", GradientCheck.floats(golden, "input"));
        Map<String, float[]> actual = GradientCheck.gradients(variables, in -> {
            Value output = module.forward(in.get("input"));
            return GradientCheck.dot(output, GradientCheck.floats(golden, "R"));
        });
        GradientCheck.check(golden, actual);
    }

    @Test
    void allCasesAreThere() throws IOException {
        assertEquals(23, cases().size());
    }
}
