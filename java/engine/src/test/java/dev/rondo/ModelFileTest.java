package dev.rondo;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rondo.format.MalformedFileException;
import dev.rondo.format.Safetensors;
import dev.rondo.tensor.Shape;
import dev.rondo.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Models in files: what is read, and how each fault is told.
class ModelFileTest {
    private static final String DESCRIPTION = """
            {
              "name": "tagger",
              "weights": "model.safetensors",
              "input": {"name": "ids", "dtype": "int64", "shape": ["N", "T"]},
              "output": {"name": "logits", "dtype": "float32", "shape": ["N", "T", 3]},
              "outputs": {"hn": "lstm.hn", "cn": "lstm.cn"},
              "layers": [
                {"name": "embedding", "type": "Embedding", "num_embeddings": 7, "embedding_dim": 4},
                {"name": "drop", "type": "Dropout", "p": 0.3},
                {"name": "lstm", "type": "LSTM", "input_size": 4, "hidden_size": 5, "num_layers": 2,
                 "bidirectional": true, "batch_first": true, "dropout": 0.1},
                {"name": "norm", "type": "LayerNorm", "normalized_shape": [10], "eps": 1e-6},
                {"name": "linear", "type": "Linear", "in_features": 10, "out_features": 3},
                {"name": "scores", "type": "LogSoftmax", "dim": -1}
              ],
              "classes": ["a", "b", "c"]
            }
            """;

    @TempDir
    private Path folder;

    private Map<String, Tensor> weights;

    @BeforeEach
    void makeWeights() {
        weights = new LinkedHashMap<>();
        put("embedding.weight", 7, 4);
        for (String suffix : new String[] {"_l0", "_l0_reverse", "_l1", "_l1_reverse"}) {
            put("lstm.weight_ih" + suffix, 20, suffix.startsWith("_l0") ? 4 : 10);
            put("lstm.weight_hh" + suffix, 20, 5);
            put("lstm.bias_ih" + suffix, 20);
            put("lstm.bias_hh" + suffix, 20);
        }
        put("norm.weight", 10);
        put("norm.bias", 10);
        put("linear.weight", 3, 10);
        put("linear.bias", 3);
    }

    private void put(String name, long... sizes) {
        Shape shape = Shape.of(sizes);
        float[] values = new float[(int) shape.elements()];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) Math.sin(i + name.hashCode() % 100);
        }
        weights.put(name, Tensor.of(shape, values));
    }

    private Path write(String description) throws IOException {
        Files.writeString(folder.resolve("model.json"), description);
        Path file = folder.resolve("model.safetensors");
        Safetensors.write(file, weights, Map.of());
        return file;
    }

    private String problem(String description) throws IOException {
        Path file = write(description);
        MalformedFileException e = assertThrows(MalformedFileException.class, () -> ModelFile.read(file));
        assertFalse(e.getMessage().contains("\n"), e.getMessage());
        assertTrue(e.getMessage().startsWith(folder.toString()), e.getMessage());
        return e.getMessage().substring(folder.toString().length() + 1);
    }

    @Test
    void aModelIsReadThroughAnyOfItsNames() throws IOException {
        Path file = write(DESCRIPTION);
        float[] expected = null;
        for (Path name : new Path[] {file, folder.resolve("model.json"), folder}) {
            try (Model model = Model.load(name);
                    Session session = model.session(Shape.of(2, 6))) {
                session.input("ids").copyFrom(new long[] {0, 1, 2, 3, 4, 5, 6, 0, 1, 2, 3, 4});
                session.run();
                assertEquals(Shape.of(2, 6, 3), session.output("logits").shape());
                assertEquals(Shape.of(4, 2, 5), session.output("hn").shape());
                assertEquals(Shape.of(4, 2, 5), session.output("cn").shape());
                float[] logits = session.output("logits").toFloatArray();
                double sum = Math.exp(logits[0]) + Math.exp(logits[1]) + Math.exp(logits[2]);
                assertEquals(1, sum, 1e-5);
                if (expected != null) {
                    assertArrayEquals(expected, logits);
                }
                expected = logits;
            }
        }
    }

    @Test
    void unknownFieldsAreKept() throws IOException {
        ModelFile model = ModelFile.read(write(DESCRIPTION));
        assertEquals("tagger", model.name());
        assertEquals(3, model.description().get("classes").elements().size());
        assertEquals(6, model.layers().size());
    }

    @Test
    void tensorsMustBeThoseOfTheLayers() throws IOException {
        weights.remove("linear.bias");
        assertEquals(
                "model.safetensors: has no tensor \"linear.bias\" of shape [3], which layer \"linear\" needs",
                problem(DESCRIPTION));
        put("linear.bias", 4);
        assertEquals(
                "model.safetensors: tensor \"linear.bias\" needs F32 of shape [3], not F32 of shape [4]",
                problem(DESCRIPTION));
        weights.put("linear.bias", Tensor.of(Shape.of(3), 1L, 2L, 3L));
        assertEquals(
                "model.safetensors: tensor \"linear.bias\" needs F32 of shape [3], not I64 of shape [3]",
                problem(DESCRIPTION));
        put("linear.bias", 3);
        put("decoder.weight", 3);
        assertEquals(
                "model.safetensors: tensor \"decoder.weight\" belongs to no layer of the model", problem(DESCRIPTION));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "\"int64\"|\"int32\"|input.dtype",
                "[\"N\", \"T\"]|[\"N\", -1]|input.shape[1]",
                "[\"N\", \"T\"]|[\"N\", \"2*T\"]|input.shape[1]",
                "\"Embedding\"|\"Conv2d\"|layers[0].type",
                "\"num_embeddings\": 7, |`` |layers[0].num_embeddings",
                "\"hidden_size\": 5|\"hidden_size\": -5|layers[2].hidden_size",
                "\"hidden_size\": 5|\"hidden_size\": \"five\"|layers[2].hidden_size",
                "\"num_layers\": 2|\"num_layers\": 0|layers[2]",
                "\"num_layers\": 2|\"num_layers\": 2000000000|layers[2].num_layers",
                "\"p\": 0.3|\"p\": 3|layers[1]",
                "\"dim\": -1|\"dim\": 0|layers[5].dim",
                "[10]|[2, 10]|layers[3].normalized_shape",
                "\"type\": \"Dropout\", \"p\": 0.3|\"type\": \"ELU\", \"alpha\": 2|layers[1].alpha",
                "\"type\": \"Dropout\", \"p\": 0.3|\"type\": \"GELU\", \"approximate\": \"tanh\"|layers[1].approximate",
                "\"type\": \"Dropout\", \"p\": 0.3|\"type\": \"Flatten\", \"end_dim\": 1|layers[1].end_dim",
                "\"embedding_dim\": 4|\"embedding_dim\": 4, \"max_norm\": 1|layers[0].max_norm",
                "\"lstm.hn\"|\"gru.hn\"|outputs.hn",
                "\"lstm.cn\"|\"linear.cn\"|outputs.cn",
                "\"name\": \"drop\"|\"name\": \"lstm\"|layers[2].name",
                "\"hn\": \"lstm.hn\"|\"logits\": \"lstm.hn\"|outputs.logits",
            })
    void faultsInTheDescriptionAreNamed(String from, String to, String field) throws IOException {
        assertTrue(DESCRIPTION.contains(from));
        String message = problem(DESCRIPTION.replace(from, to.strip()));
        assertTrue(message.startsWith("model.json: "), message);
        assertTrue(message.contains(field), message);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "[\"N\", \"T\", 3]|[\"N\", \"T\", 4]|field output.shape is not what the last layer gives: [2, 6, 3]",
                "[\"N\", \"T\", 3]|[\"T\", \"N\", 3]|field output.shape is not what the last layer gives",
                "\"Dropout\"|\"Flatten\", \"start_dim\": 3|field layers[1].start_dim is no dimension of an input of shape",
                "\"float32\"|\"int64\"|field output.dtype is not what the last layer gives: F32",
            })
    void theOutputMustBeWhatIsDeclared(String from, String to, String problem) throws IOException {
        Path file = write(DESCRIPTION.replace(from, to));
        try (Model model = Model.load(file)) {
            MalformedFileException e = assertThrows(MalformedFileException.class, () -> model.session(Shape.of(2, 6)));
            assertTrue(e.getMessage().contains(problem), e.getMessage());
        }
    }

    @Test
    void weightsNeverComeFromOutsideTheFolder() throws IOException {
        write(DESCRIPTION.replace("\"model.safetensors\"", "\"../model.safetensors\""));
        MalformedFileException e =
                assertThrows(MalformedFileException.class, () -> ModelFile.read(folder.resolve("model.json")));
        assertTrue(e.getMessage().endsWith("points outside the model's folder"), e.getMessage());
    }

    @Test
    void missingFilesAreNamed() throws IOException {
        NoSuchFileException e =
                assertThrows(NoSuchFileException.class, () -> ModelFile.read(folder.resolve("model.safetensors")));
        assertTrue(e.getMessage().contains("model.json"), e.getMessage());
        Path file = write(DESCRIPTION);
        Files.delete(file);
        assertThrows(NoSuchFileException.class, () -> ModelFile.read(file));
    }
}
