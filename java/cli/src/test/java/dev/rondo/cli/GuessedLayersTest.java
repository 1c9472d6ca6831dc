package dev.rondo.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rondo.format.Npy;
import dev.rondo.format.Safetensors;
import dev.rondo.tensor.DataType;
import dev.rondo.tensor.Shape;
import dev.rondo.tensor.Tensor;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// State dicts without a description: `gen_state_dicts.py` in the resources made those of PyTorch.
class GuessedLayersTest {
    @TempDir
    private Path folder;

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "tagger     | --batch-first       | Embedding words → LSTM encoder → Linear classes → Linear classes2",
                "frames     | --nonlinearity=relu | LayerNorm norm → GRU gru → RNN out",
                "cells      |                     | LSTMCell first → GRUCell second → RNNCell third",
                "sequential |                     | Linear 0 → Linear 1 → Linear 2",
                "alone      |                     | GRU layer"
            })
    void givesWhatPyTorchGives(String name, String option, String layers) throws IOException {
        Path weights = Samples.file(folder, "pytorch/" + name + ".safetensors");
        Path model = folder.resolve("model");
        Invocation converted = option == null
                ? Invocation.of("convert", weights, model)
                : Invocation.of("convert", weights, model, option);
        converted.succeeds();
        assertEquals(1, converted.err().lines().count());
        assertTrue(converted.err().replace("\"", "").contains("read as " + layers), converted.err());

        Map<String, Tensor> values = Safetensors.read(
                        Samples.file(folder, "pytorch/" + name + ".values"), Arena.ofAuto())
                .tensors();
        Path given = Samples.npy(folder.resolve("given.npy"), values.get("given"));
        String input = values.get("given").type() == DataType.I64 ? "ids" : "x";
        Path out = folder.resolve("out");
        Invocation.of("run", model, "-i", input + "=" + given, "-o", out).succeeds();
        Tensor output = Npy.read(out.resolve("output.npy"), Arena.ofAuto());
        assertEquals(values.get("expected").shape(), output.shape());
        assertArrayEquals(values.get("expected").toFloatArray(), output.toFloatArray(), 1e-5f);
    }

    private Path weights(Map<String, Shape> shapes) throws IOException {
        Map<String, Tensor> tensors = new LinkedHashMap<>();
        shapes.forEach((name, shape) -> tensors.put(name, Tensor.allocate(Arena.ofAuto(), shape, DataType.F32)));
        Path file = folder.resolve("weights.safetensors");
        Safetensors.write(file, tensors, Map.of());
        return file;
    }

    private static Map<String, Shape> linear(String name, long in, long out) {
        return Map.of(name + ".weight", Shape.of(out, in), name + ".bias", Shape.of(out));
    }

    private Path weights(List<Map<String, Shape>> layers) throws IOException {
        Map<String, Shape> shapes = new LinkedHashMap<>();
        layers.forEach(shapes::putAll);
        return weights(shapes);
    }

    @Test
    void takesTheOrderOfTheFileWhereItTells() throws IOException {
        Path file = weights(List.of(linear("up", 4, 4), linear("down", 4, 4)));
        Invocation converted = Invocation.of("convert", file, folder.resolve("model"));
        assertTrue(converted.succeeds().err().contains("Linear \"up\" → Linear \"down\""), converted.err());
    }

    @Test
    void countsLayersByNumbers() throws IOException {
        Path file = weights(List.of(linear("fc10", 4, 4), linear("fc2", 4, 4), linear("fc9", 4, 4)));
        Invocation converted = Invocation.of("convert", file, folder.resolve("model"));
        assertTrue(
                converted.succeeds().err().contains("Linear \"fc2\" → Linear \"fc9\" → Linear \"fc10\""),
                converted.err());
    }

    @Test
    void refusesWhatMayBeTwoNetworks() throws IOException {
        refuses(
                weights(List.of(linear("down", 4, 4), linear("up", 4, 4))),
                "its layers may be Linear \"down\" → Linear \"up\", but also Linear \"up\" → Linear \"down\"");
        refuses(weights(Map.of("table.weight", Shape.of(4, 4))), "may be Linear \"table\", but also Embedding");
    }

    @Test
    void refusesWhatIsNoChain() throws IOException {
        refuses(weights(List.of(linear("a", 4, 5), linear("b", 6, 7))), "no order in which each layer takes");
        refuses(weights(Map.of("norm.running_mean", Shape.of(4))), "\"norm.running_mean\" of shape [4] is of no layer");
        refuses(weights(Map.of("r.weight_hh_l0", Shape.of(8, 4))), "\"r.weight_ih_l0\" is missing");
        refuses(
                weights(Map.of("r.weight_hh_l0", Shape.of(8, 4), "r.weight_ih_l0", Shape.of(8, 3))),
                "has neither 1, 3 nor 4 gates of 4");
        refuses(weights(Map.of()), "no weights");
    }

    private void refuses(Path file, String why) throws IOException {
        Path model = folder.resolve("none");
        Invocation.of("convert", file, model).isBadInput(file + ": has no model.json beside it", why);
        assertFalse(Files.exists(model));
    }

    @Test
    void saysThatConvertGuesses() throws IOException {
        Path file = weights(List.of(linear("a", 4, 5)));
        Invocation.of("info", file).isBadInput("model.json: no such file", "`rondo convert` guesses");
        Invocation.of("convert", file, folder, "--nonlinearity", "gelu").isBadInput("--nonlinearity is tanh or relu");
    }
}
