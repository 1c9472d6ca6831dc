package dev.rondo.examples.translation;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rondo.decode.Translator;
import dev.rondo.examples.Reporter;
import dev.rondo.examples.TrainingRun;
import dev.rondo.nn.Attention;
import dev.rondo.nn.Decoder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class DatesRecipeTest {
    private static final DatesRecipe.Settings TINY = tiny(24, Looking.DEFAULT);
    private static final DatesRecipe.Settings COPYING = tiny(
            5,
            new Looking(
                    Decoder.Context.CONTEXT_FEEDING,
                    new Translator.Attending(Attention.Score.ADDITIVE, 1, Translator.Window.ALL, 1, true, true),
                    1));

    @TempDir
    private Path folder;

    private static DatesRecipe.Settings tiny(int steps, Looking looking) {
        return new DatesRecipe.Settings(8, 640, steps, 1e-2, 3, 0.5, looking);
    }

    static List<DatesRecipe.Settings> settings() {
        return List.of(TINY, COPYING);
    }

    private static DatesRecipe.Result train(Path into, @Nullable Duration limit, DatesRecipe.Settings settings)
            throws IOException {
        return new DatesRecipe(new TrainingRun(into, limit, 1, 5, Reporter.silent()), settings).run();
    }

    /// A training that is stopped and goes on ends with the bits of one that was not.
    @ParameterizedTest
    @MethodSource("settings")
    void resumesToTheSameBits(DatesRecipe.Settings settings) throws IOException {
        Path once = folder.resolve("once");
        Path twice = folder.resolve("twice");
        DatesRecipe.Result result = train(once, null, settings);
        train(twice, Duration.ofMillis(1), settings);
        DatesRecipe.Result resumed = train(twice, null, settings);
        assertEquals(result, resumed);
        assertArrayEquals(
                Files.readAllBytes(once.resolve("model.safetensors")),
                Files.readAllBytes(twice.resolve("model.safetensors")));
        assertEquals(Dates.LOCALES.size(), result.byLocale().size());
        for (String file : new String[] {"attention.png", "curve.png", "accuracy.md", "model.json"}) {
            assertTrue(Files.size(once.resolve(file)) > 100, file);
        }
    }
}
