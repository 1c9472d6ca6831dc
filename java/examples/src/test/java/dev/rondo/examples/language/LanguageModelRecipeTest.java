package dev.rondo.examples.language;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rondo.Model;
import dev.rondo.ModelFile;
import dev.rondo.Session;
import dev.rondo.examples.Corpus;
import dev.rondo.examples.Reporter;
import dev.rondo.examples.TrainingRun;
import dev.rondo.format.MalformedFileException;
import dev.rondo.tensor.Shape;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LanguageModelRecipeTest {
    private static final LanguageModelRecipe.Settings TINY =
            new LanguageModelRecipe.Settings(16, 8, 2000, 3, 4, 10, 60, 0.03);

    @TempDir
    private Path folder;

    private Path text;

    @BeforeEach
    void writeText() throws IOException {
        String lines = IntStream.range(0, 400)
                .mapToObj(i -> "line " + i % 10 + " of the text\n")
                .collect(Collectors.joining());
        text = Files.writeString(folder.resolve("text"), lines);
    }

    /// A reporter that cuts the power when so many steps are done.
    private static Reporter failing(long afterSteps) {
        return new Reporter() {
            @Override
            public void tell(String line) {}

            @Override
            public Task task(String name, long total, String unit) {
                return (done, _) -> {
                    if (name.equals("Training") && done == afterSteps) {
                        throw new IllegalStateException("power cut");
                    }
                };
            }
        };
    }

    private LanguageModelRecipe.Result train(String out, int threads, Reporter reporter) throws IOException {
        TrainingRun run = new TrainingRun(folder.resolve(out), null, threads, 5, reporter);
        return new LanguageModelRecipe(run, TINY, Texts.ofFiles(List.of(text))).run();
    }

    private byte[] file(String out, String name) throws IOException {
        return Files.readAllBytes(folder.resolve(out).resolve(name));
    }

    @Test
    void learnsAndGoesOnToTheSameBits() throws IOException {
        LanguageModelRecipe.Result whole = train("whole", 2, Reporter.silent());
        assertThrows(IllegalStateException.class, () -> train("cut", 2, failing(31)));
        assertThrows(IllegalStateException.class, () -> train("cut", 2, failing(47)));
        assertFalse(Files.exists(folder.resolve("cut/model.json")));
        LanguageModelRecipe.Result resumed = train("cut", 2, Reporter.silent());

        assertEquals(whole, resumed);
        assertArrayEquals(file("whole", "model.safetensors"), file("cut", "model.safetensors"));
        assertArrayEquals(file("whole", "sample.txt"), file("cut", "sample.txt"));
        assertTrue(whole.network() < 2, whole::toString); // from 8
        assertTrue(whole.gzip() < 2 && whole.xz() < 3 && whole.nGram() < 2, whole::toString);
        try (var files = Files.list(folder.resolve("whole"))) {
            assertEquals(
                    Set.of("checkpoint", "curve.png", "model.json", "model.safetensors", "sample.txt", "settings.json"),
                    files.map(file -> file.getFileName().toString()).collect(Collectors.toSet()));
        }
        assertEquals(whole, train("whole", 2, Reporter.silent()), "once more, after its end");
    }

    @Test
    void writesAModelThatGivesWhatWasMeasured() throws IOException {
        LanguageModelRecipe.Result result = train("out", 1, Reporter.silent());
        ModelFile file = ModelFile.read(folder.resolve("out"));
        byte[] heldOut = Texts.ofFiles(List.of(text)).heldOut().joined();
        ByteFeatures features = new ByteFeatures(TINY.orders(), TINY.rows());
        short[] repeats = Repeats.of(heldOut);
        int length = Math.ceilDiv(heldOut.length, TINY.streams());
        double nats = 0;
        for (int begin = 0; begin < heldOut.length; begin += length) {
            int end = Math.min(heldOut.length, begin + length);
            long[] ids = new long[(end - begin) * features.count()];
            for (int position = begin; position < end; position++) {
                features.put(heldOut, position, repeats[position], ids, (position - begin) * features.count());
            }
            try (Model model = file.model();
                    Session session = model.session(Shape.of(1, end - begin, features.count()))) {
                session.input().copyFrom(ids);
                session.run();
                float[] logits = session.output("logits").toFloatArray();
                for (int position = begin; position < end; position++) {
                    nats -= logProbability(logits, (position - begin) * 256, heldOut[position] & 0xff);
                }
            }
        }
        double bits = nats / Math.log(2) / heldOut.length;
        assertEquals(bits, result.network(), 1e-4);
        assertEquals(
                result.network(),
                file.description().get("held_out_bits_per_byte").asDouble(),
                1e-9);
    }

    private static double logProbability(float[] logits, int offset, int b) {
        double sum = 0;
        for (int i = 0; i < 256; i++) {
            sum += Math.exp(logits[offset + i]);
        }
        return logits[offset + b] - Math.log(sum);
    }

    @Test
    void generatesTheSameForTheSameSeed() throws IOException {
        train("out", 1, Reporter.silent());
        LanguageModel model = LanguageModel.read(folder.resolve("out"));

        assertEquals(100, generate(model, 1, 7).length());
        assertEquals(generate(model, 1, 7), generate(model, 1, 7));
        assertFalse(generate(model, 1, 7).equals(generate(model, 1, 8)));
        assertEquals(generate(model, 0, 7), generate(model, 0, 8), "without a temperature there is no choice");
        String likely = generate(model, 0, 1);
        assertTrue(likely.startsWith("he t"), likely);
    }

    private static String generate(LanguageModel model, double temperature, long seed) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        model.generate("line 3 of the text\nline 3 of t".getBytes(StandardCharsets.UTF_8), 100, temperature, seed, out);
        return out.toString(StandardCharsets.ISO_8859_1);
    }

    @Test
    void drawsByProbability() {
        float[] logits = new float[256];
        Arrays.fill(logits, Float.NEGATIVE_INFINITY);
        logits[10] = (float) Math.log(3);
        logits[200] = 0;
        Random random = new Random(1);
        int tens = 0;
        for (int i = 0; i < 10_000; i++) {
            int drawn = LanguageModel.draw(logits, 0.5, random); // 9 to 1
            assertTrue(drawn == 10 || drawn == 200);
            tens += drawn == 10 ? 1 : 0;
        }
        assertEquals(9000, tens, 150);
        assertEquals(10, LanguageModel.draw(logits, 0, random));
    }

    @Test
    void refusesOtherSettingsAndTooLittleText() throws IOException {
        train("out", 1, Reporter.silent());
        MalformedFileException other =
                assertThrows(MalformedFileException.class, () -> train("out", 2, Reporter.silent()));
        assertTrue(other.getMessage().contains("threads 1, not 2"), other.getMessage());

        Files.writeString(text, "too short");
        MalformedFileException little = assertThrows(MalformedFileException.class, () -> Texts.ofFiles(List.of(text)));
        assertTrue(little.getMessage().contains("has 9 bytes"), little.getMessage());

        Files.writeString(folder.resolve("out/model.json"), "{\"name\": \"x\"}");
        assertThrows(MalformedFileException.class, () -> LanguageModel.read(folder.resolve("out")));
    }

    @Test
    void splitsTexts() throws IOException {
        Texts files = Texts.ofFiles(List.of(text));
        byte[] all = Files.readAllBytes(text);
        ByteArrayOutputStream joined = new ByteArrayOutputStream();
        for (Corpus part : List.of(files.training(), files.validation(), files.heldOut())) {
            joined.writeBytes(part.joined());
        }
        assertArrayEquals(all, joined.toByteArray());
        assertEquals(all.length / 10.0, files.heldOut().byteSize(), 1);

        Texts java = Texts.ofJava(1);
        assertTrue(java.heldOut().texts().stream()
                .allMatch(text -> text.name().contains("java/util/concurrent/")
                        || text.name().startsWith("java.net.http/")
                        || text.name().contains("/format/")));
        Set<String> names =
                java.heldOut().texts().stream().map(Corpus.Text::name).collect(Collectors.toSet());
        java.validation().texts().forEach(text -> assertTrue(names.add(text.name())));
        java.training().texts().forEach(text -> assertTrue(names.add(text.name())));
        assertTrue(java.validation().byteSize() < java.training().byteSize() / 10);
    }
}
