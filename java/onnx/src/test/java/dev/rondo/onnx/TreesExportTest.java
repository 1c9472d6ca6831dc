package dev.rondo.onnx;

import dev.rondo.Input;
import dev.rondo.Model;
import dev.rondo.nn.ChildSumTreeLSTM;
import dev.rondo.nn.NaryTreeLSTM;
import dev.rondo.nn.PackedTrees;
import dev.rondo.nn.TreeBase;
import dev.rondo.nn.TreeGRU;
import dev.rondo.nn.TreeRNN;
import dev.rondo.nn.TreeRecurrence;
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
        return nets;
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
