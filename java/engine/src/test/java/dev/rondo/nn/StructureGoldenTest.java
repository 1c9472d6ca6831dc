package dev.rondo.nn;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.rondo.decode.TreeSearch;
import dev.rondo.kernel.TreeKernel;
import dev.rondo.program.Gradients;
import dev.rondo.program.PackedWeights;
import dev.rondo.program.Program;
import dev.rondo.program.Recorder;
import dev.rondo.program.Replay;
import dev.rondo.program.Value;
import dev.rondo.reference.Golden;
import dev.rondo.reference.Tolerance;
import dev.rondo.tensor.DataType;
import dev.rondo.tensor.Shape;
import dev.rondo.tensor.Tensor;
import dev.rondo.tree.Merges;
import dev.rondo.tree.Trees;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Networks that find trees, or compose them step by step, against PyTorch's plain operations: what they give and find,
/// and the gradients of all that goes in.
@Tag("once") // all of it is Java over operations that are tested on each instruction set
class StructureGoldenTest {
    private static final Tolerance TOLERANCE = new Tolerance(1e-5);
    private static final long SEED = 21; // as in gen_structure.py, as the run and the margin are
    private static final long RUN = 1;
    private static final double KAPPA = 0.25;

    /// What a case is computed with: its module has the case's weights.
    private record Case(Golden golden, Map<String, Value> values) {
        Value x() {
            return values.get("x");
        }

        Value ids(String name) {
            return x().recorder().constant(Tensor.of(golden.tensor(name).shape(), golden.integers(name)));
        }

        PackedSequence sequences() {
            return new PackedSequence(x(), ids("lengths"));
        }

        MergeSteps steps() {
            return new MergeSteps(ids("left"), ids("right"));
        }

        /// A result times the factor of this name.
        Value weighted(Value value, String factor) {
            return Functional.multiply(value, x().recorder().constant(GradientCheck.floats(golden, factor)));
        }

        Value dot(Value value, String factor) {
            return GradientCheck.total(weighted(value, factor));
        }

        /// Something that the case has as well.
        void gives(String name, Value value) {
            x().recorder().output(name, Functional.contiguous(value));
        }
    }

    private static Map<String, Tensor> load(Golden golden, Module module) {
        Map<String, Tensor> weights = new LinkedHashMap<>();
        module.parameters().keySet().forEach(name -> weights.put(name, golden.tensor(name)));
        module.load(weights);
        Map<String, Tensor> variables = new LinkedHashMap<>();
        module.parameters().forEach((name, parameter) -> variables.put(name, parameter.tensor()));
        return variables;
    }

    private static void check(Golden golden, Module module, Function<Case, Value> objective) {
        Map<String, Tensor> variables = load(golden, module);
        List.of("x", "matrices").stream()
                .filter(golden::has)
                .forEach(name -> variables.put(name, GradientCheck.floats(golden, name)));
        Recorder recorder = new Recorder(true);
        Map<String, Value> values = new LinkedHashMap<>();
        variables.forEach((name, tensor) -> values.put(name, recorder.weight(tensor)));
        Value loss = objective.apply(new Case(golden, values));
        Gradients gradients = recorder.backward(loss);
        recorder.output("loss", loss);
        values.forEach((name, value) -> recorder.output("grad." + name, Functional.contiguous(gradients.of(value))));
        try (PackedWeights weights = new PackedWeights();
                Program program = recorder.finish(weights, 1);
                Arena arena = Arena.ofConfined();
                Replay replay = program.replay(arena)) {
            replay.run(0);
            replay.run(RUN);
            Map<String, Tensor> actual = replay.outputs();
            assertEquals(
                    golden.file().tensors().keySet().stream()
                            .filter(name -> name.startsWith("grad."))
                            .count(),
                    variables.size(),
                    "variables of " + golden.name());
            actual.forEach((name, tensor) -> {
                String what = golden.name() + " " + name;
                if (tensor.type() == DataType.I64) {
                    assertArrayEquals(golden.integers(name), tensor.toLongArray(), what);
                } else if (name.equals("loss")) {
                    assertEquals(golden.values(name)[0], tensor.toFloatArray()[0], 1e-4, what);
                } else {
                    TOLERANCE.assertClose(what, golden.values(name), tensor.toFloatArray());
                }
            });
        }
    }

    /// With a temperature of the network's own, and with one that the run has.
    @ParameterizedTest
    @CsvSource({"gumbel, 1, false", "gumbel_half, 0.5, false", "gumbel, 1, true", "gumbel_half, 0.5, true"})
    void gumbelTreeLstm(String name, double temperature, boolean isGiven) throws IOException {
        Golden golden = Golden.read("structure/" + name);
        GumbelTreeLSTM network = new GumbelTreeLSTM(
                golden.sizes("x")[2], golden.sizes("query")[0], isGiven ? 3 * temperature : temperature, SEED);
        check(golden, network, given -> {
            Value own = given.x().recorder().constant(Tensor.of(Shape.of(1), new float[] {(float) temperature}));
            GumbelTreeLSTM.Output found =
                    isGiven ? network.forward(given.sequences(), own) : network.forward(given.sequences());
            given.gives("h", found.h());
            given.gives("c", found.c());
            given.x().recorder().output("merges", found.merges());
            return Functional.add(given.dot(found.h(), "R"), given.dot(found.c(), "S"));
        });
    }

    @ParameterizedTest
    @ValueSource(strings = {"spinn_given", "spinn_predicted"})
    void spinn(String name) throws IOException {
        Golden golden = Golden.read("structure/" + name);
        SPINN network = new SPINN(
                golden.sizes("x")[2], golden.sizes("cell.weight_left")[1], golden.sizes("tracking.weight_hh")[1]);
        check(golden, network, given -> {
            SPINN.Output parsed =
                    network.forward(given.sequences(), name.equals("spinn_given") ? given.ids("transitions") : null);
            Value weighted = given.weighted(parsed.scores(), "Q");
            given.gives("h", parsed.h());
            given.gives("c", parsed.c());
            given.gives("weighted", weighted);
            given.x().recorder().output("transitions", parsed.transitions());
            return Functional.add(
                    Functional.add(given.dot(parsed.h(), "R"), given.dot(parsed.c(), "S")),
                    GradientCheck.total(weighted));
        });
    }

    @Test
    void matrixVectorNetwork() throws IOException {
        Golden golden = Golden.read("structure/matrix_vector");
        MatrixVectorRNN network = new MatrixVectorRNN(golden.sizes("vector.bias")[0]);
        check(golden, network, given -> {
            MatrixVectorRNN.Output all =
                    network.forward(given.x(), given.values().get("matrices"), given.steps());
            Value vectors = given.weighted(all.vectors(), "R");
            Value matrices = given.weighted(all.matrices(), "S");
            given.gives("weighted_vectors", vectors);
            given.gives("weighted_matrices", matrices);
            return Functional.add(GradientCheck.total(vectors), GradientCheck.total(matrices));
        });
    }

    @Test
    void recursiveAutoencoder() throws IOException {
        Golden golden = Golden.read("structure/autoencoder");
        RecursiveAutoencoder network = new RecursiveAutoencoder(golden.sizes("encoder.bias")[0]);
        check(golden, network, given -> {
            RecursiveAutoencoder.Output all = network.forward(given.x(), given.steps());
            Value weighted = given.weighted(all.nodes(), "R");
            given.gives("weighted", weighted);
            given.gives("errors", all.errors());
            return Functional.add(GradientCheck.total(weighted), given.dot(all.errors(), "S"));
        });
    }

    @Test
    void unfoldingAutoencoder() throws IOException {
        Golden golden = Golden.read("structure/unfolding_autoencoder");
        RecursiveAutoencoder network = new RecursiveAutoencoder(golden.sizes("encoder.bias")[0]);
        check(golden, network, given -> {
            Value nodes = network.forward(given.x(), given.steps()).nodes();
            Value lost = network.unfolded(given.x(), nodes, given.ids("places"), golden.sizes("x")[0] - 1);
            given.gives("unfolded", lost);
            return given.dot(lost, "R");
        });
    }

    private static RecursiveParser parser(Golden golden) {
        return new RecursiveParser(golden.sizes("x")[1], golden.sizes("trees.bias")[0]);
    }

    /// The loss of the best trees that a search finds.
    @ParameterizedTest
    @ValueSource(strings = {"parser", "parser_beam"})
    void maxMarginLoss(String name) throws IOException {
        assumeTrue(TreeKernel.isAvailable());
        Golden golden = Golden.read("structure/" + name);
        RecursiveParser parser = parser(golden);
        check(
                golden,
                parser,
                given -> parser.loss(
                        given.x(),
                        given.ids("parents"),
                        given.ids("positions"),
                        given.x().recorder().constant(GradientCheck.floats(golden, "margins"))));
    }

    /// All trees of the beam, the best one first, with their scores and margins.
    @ParameterizedTest
    @ValueSource(strings = {"parser", "parser_beam"})
    void searchWithMargin(String name) throws IOException {
        Golden golden = Golden.read("structure/" + name);
        RecursiveParser parser = parser(golden);
        load(golden, parser);
        int[] lengths = golden.lengths();
        int[] sizes = golden.sizes("found"); // (beam, T - 1, N)
        int width = parser.inputSize();
        List<float[]> sequences = new ArrayList<>();
        List<List<String>> tokens = new ArrayList<>();
        for (int n = 0; n < lengths.length; n++) {
            int from = n * (sizes[1] + 1) * width;
            sequences.add(Arrays.copyOfRange(golden.tensor("x").toFloatArray(), from, from + lengths[n] * width));
            tokens.add(Collections.nCopies(lengths[n], "word"));
        }
        Trees wanted = Merges.trees(golden.integers("wanted"), tokens);
        try (TreeSearch search = new TreeSearch(parser, sizes[0])) {
            List<List<TreeSearch.Found>> all = search.search(sequences, TreeSearch.margin(wanted, KAPPA));
            for (int n = 0; n < lengths.length; n++) {
                assertEquals(lengths[n] == 1 ? 1 : sizes[0], all.get(n).size(), "trees of sentence " + n);
                for (int b = 0; b < all.get(n).size(); b++) {
                    TreeSearch.Found found = all.get(n).get(b);
                    String what = "tree " + b + " of sentence " + n;
                    int[] merges = Merges.of(Merges.trees(found.merges(), List.of(tokens.get(n))), 0);
                    for (int step = 0; step < lengths[n] - 1; step++) {
                        int at = (b * sizes[1] + step) * lengths.length + n;
                        assertEquals(golden.integers("found")[at], merges[step], "merge " + step + " of " + what);
                    }
                    int at = b * lengths.length + n;
                    assertEquals(golden.values("penalties")[at], found.penalty(), 1e-6, "margin of " + what);
                    assertEquals(golden.values("scores")[at], found.score(), 1e-5, "score of " + what);
                }
            }
        }
    }
}
