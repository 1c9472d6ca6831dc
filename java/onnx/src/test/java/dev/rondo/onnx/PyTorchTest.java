package dev.rondo.onnx;

import dev.rondo.format.Safetensors;
import dev.rondo.tensor.Tensor;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Networks that PyTorch has exported, against what PyTorch computes: `generate.py` in the resources made them.
class PyTorchTest {
    private static final double TOLERANCE = 1e-5;

    static List<String> networks() {
        List<String> names = new ArrayList<>();
        for (String name : List.of("tagger", "pooling")) {
            names.add(name + ", 0");
            names.add(name + ", 1");
        }
        for (String name : List.of("speech", "encoder", "voice", "classifier")) {
            names.add(name + ", 2"); // the exporter has fixed the number of steps or of samples
        }
        for (String name : List.of("tagger", "speech", "pooling", "encoder", "voice", "classifier")) {
            names.add(name + "_script, 0"); // all sizes open: three numbers of steps, and of samples
            names.add(name + "_script, 1");
            names.add(name + "_script, 2");
        }
        return names;
    }

    @ParameterizedTest
    @MethodSource("networks")
    void givesWhatPyTorchGives(String network) throws IOException {
        String[] parts = network.split(", ");
        String name = parts[0].replace("_script", "");
        OnnxModel model = OnnxModel.read(resource(parts[0] + ".onnx"));
        try (Arena arena = Arena.ofConfined()) {
            Map<String, Tensor> tensors =
                    new LinkedHashMap<>(Safetensors.read(resource(name + "_" + parts[1] + ".safetensors"), arena)
                            .tensors());
            Map<String, Tensor> inputs = new LinkedHashMap<>();
            model.inputs().forEach(input -> inputs.put(input.name(), tensors.remove(input.name())));
            Comparison.assertClose(network, tensors, Comparison.rondo(resource(parts[0] + ".onnx"), inputs), TOLERANCE);
        }
    }

    private static Path resource(String name) {
        try {
            return Path.of(PyTorchTest.class.getResource("pytorch/" + name).toURI());
        } catch (URISyntaxException e) {
            throw new IllegalStateException(e);
        }
    }
}
