package dev.rondo.onnx;

import dev.rondo.Input;
import dev.rondo.Model;
import dev.rondo.nn.ChildSumTreeLSTM;
import dev.rondo.nn.GumbelTreeLSTM;
import dev.rondo.nn.MatrixVectorRNN;
import dev.rondo.nn.MergeSteps;
import dev.rondo.nn.Module;
import dev.rondo.nn.NaryTreeLSTM;
import dev.rondo.nn.PackedSequence;
import dev.rondo.nn.PackedTrees;
import dev.rondo.nn.RecursiveAutoencoder;
import dev.rondo.nn.RecursiveParser;
import dev.rondo.nn.SPINN;
import dev.rondo.nn.TreeBase;
import dev.rondo.nn.TreeGRU;
import dev.rondo.nn.TreeRNN;
import dev.rondo.nn.TreeRecurrence;
import dev.rondo.nn.TreeScorer;
import dev.rondo.nn.TreeTensorNetwork;
import dev.rondo.program.Value;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Networks over trees, which are inputs of the graph.
class TreesExportTest {
    private static final Input X = Input.floats("x", "7", "N", "4");
    private static final Input LENGTHS = Input.ids("lengths", "N");

    @TempDir
    private Path folder;

    static List<RoundTrip> nets() {
        TreeRecurrence sizes = TreeRecurrence.of(4, 5);
        List<RoundTrip> nets = new ArrayList<>();
        for (Function<TreeRecurrence, TreeBase> cell : List.<Function<TreeRecurrence, TreeBase>>of(
                TreeRNN::new, NaryTreeLSTM::new, ChildSumTreeLSTM::new, TreeGRU::new, TreeTensorNetwork::new)) {
            nets.add(trees(cell.apply(sizes), "nodes"));
            nets.add(trees(cell.apply(sizes.arity(2)), "T"));
            nets.add(trees(cell.apply(sizes.arity(3).topDown()), "nodes"));
            TreeBase alone = cell.apply(sizes);
            nets.add(RoundTrip.chain("sequence, " + alone.path(), Input.floats("x", "6", "4"), alone));
        }
        nets.add(trees(new NaryTreeLSTM(sizes.arity(2).labels(3)), "nodes"));
        nets.add(trees(new TreeGRU(sizes.labels(3).topDown()), "nodes"));
        nets.addAll(found());
        nets.addAll(composed());
        return nets;
    }

    /// Networks that find the trees, of as many leaves as are recorded.
    private static List<RoundTrip> found() {
        List<RoundTrip> nets = new ArrayList<>();
        GumbelTreeLSTM latent = new GumbelTreeLSTM(4, 5);
        nets.add(net("merges", List.of(X), List.of(latent), in -> outputs(latent.forwardWithMerges(in.get("x")))));
        nets.add(net(
                "merges, lengths",
                List.of(X, LENGTHS),
                List.of(latent),
                in -> outputs(latent.forward(new PackedSequence(in.get("x"), in.get("lengths"))))));
        SPINN spinn = new SPINN(4, 5, 3);
        for (Module module : List.of(latent, spinn)) {
            nets.add(RoundTrip.chain(
                    "one leaf, " + module.getClass().getSimpleName(), Input.floats("x", "1", "N", "4"), module));
        }
        nets.add(RoundTrip.chain("parser", X, spinn));
        nets.add(net("parser, lengths", List.of(X, LENGTHS), List.of(spinn), in -> parsed(spinn, in)));
        nets.add(net(
                "parser that is told what to do",
                List.of(X, LENGTHS, Input.ids("transitions", "13", "N")),
                List.of(spinn),
                in -> parsed(spinn, in)));
        RecursiveParser parser = new RecursiveParser(4, 5);
        nets.add(net(
                "nodes of a recursive parser",
                List.of(Input.floats("x", "T", "4"), Input.floats("left", "N", "5"), Input.floats("right", "N", "5")),
                List.of(parser),
                in -> {
                    TreeScorer.Parents parents = parser.compose(in.get("left"), in.get("right"), null, null);
                    return Map.of("leaves", parser.leaves(in.get("x")), "h", parents.h(), "scores", parents.scores());
                }));
        return nets;
    }

    private static Map<String, Value> outputs(GumbelTreeLSTM.Output all) {
        return Map.of("h", all.h(), "c", all.c(), "merges", all.merges());
    }

    private static Map<String, Value> parsed(SPINN network, Map<String, Value> in) {
        SPINN.Output all = network.forward(new PackedSequence(in.get("x"), in.get("lengths")), in.get("transitions"));
        Map<String, Value> outputs = new LinkedHashMap<>(Map.of("h", all.h(), "c", all.c(), "scores", all.scores()));
        if (in.get("transitions") == null) {
            outputs.put("taken", all.transitions());
        }
        return outputs;
    }

    /// Networks over trees that are given, composed one step after the other.
    private static List<RoundTrip> composed() {
        List<Input> steps = List.of(X, Input.ids("left", "6", "N"), Input.ids("right", "6", "N"));
        RecursiveAutoencoder autoencoder = new RecursiveAutoencoder(4);
        MatrixVectorRNN.Words words = new MatrixVectorRNN.Words(8, 3, 2);
        MatrixVectorRNN matrices = new MatrixVectorRNN(3);
        return List.of(
                net("autoencoder", steps, List.of(autoencoder), in -> {
                    RecursiveAutoencoder.Output all = autoencoder.forward(in.get("x"), steps(in));
                    return Map.of("nodes", all.nodes(), "errors", all.errors());
                }),
                net(
                        "unfolding autoencoder",
                        List.of(
                                Input.floats("x", "7", "2", "4"),
                                Input.floats("nodes", "13", "2", "4"),
                                Input.ids("places", "26")),
                        List.of(autoencoder),
                        in -> Map.of(
                                "errors", autoencoder.unfolded(in.get("x"), in.get("nodes"), in.get("places"), 3))),
                net(
                        "matrices and vectors",
                        List.of(Input.ids("ids", "7", "N"), steps.get(1), steps.get(2)),
                        List.of(words, matrices),
                        in -> {
                            Value ids = in.get("ids");
                            MatrixVectorRNN.Output all =
                                    matrices.forward(words.vectors(ids), words.matrices(ids), steps(in));
                            return Map.of("vectors", all.vectors(), "matrices", all.matrices());
                        }));
    }

    private static MergeSteps steps(Map<String, Value> in) {
        return new MergeSteps(in.get("left"), in.get("right"));
    }

    private static RoundTrip net(String name, List<Input> inputs, List<Module> parts, Model.Network network) {
        parts.forEach(part -> part.initialize(RoundTrip.SEED));
        return new RoundTrip(name, Model.of(inputs, network), parts);
    }

    /// @param inputs how many nodes have one
    private static RoundTrip trees(TreeBase network, String inputs) {
        network.initialize(RoundTrip.SEED);
        TreeRecurrence sizes = network.recurrence();
        List<Input> given = new ArrayList<>(List.of(Input.floats("x", inputs, "4"), Input.ids("parents", "nodes")));
        String types = sizes.arity() * sizes.labels() < 6 ? "types" : "types of 6";
        if (sizes.arity() * sizes.labels() > 1) {
            given.add(Input.ids(types, "nodes"));
        }
        String name = network.getClass().getSimpleName() + " " + sizes;
        return new RoundTrip(
                name,
                Model.of(given, in -> {
                    TreeBase.Output states =
                            network.forward(new PackedTrees(in.get("x"), in.get("parents"), in.get(types)));
                    Map<String, Value> outputs = new LinkedHashMap<>(Map.of("h", states.h()));
                    if (states.c() != null) {
                        outputs.put("c", states.c());
                    }
                    return outputs;
                }),
                List.of(network));
    }

    @ParameterizedTest
    @MethodSource("nets")
    void givesTheSameThreeTimes(RoundTrip net) throws IOException {
        net.assertSame(folder);
    }
}
