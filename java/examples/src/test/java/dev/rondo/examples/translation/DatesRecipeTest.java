package dev.rondo.examples.translation;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rondo.examples.Reporter;
import dev.rondo.examples.TrainingRun;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DatesRecipeTest {
    private static final DatesRecipe.Settings TINY = new DatesRecipe.Settings(8, 640, 24, 1e-2, 3, 0.5);

    @TempDir
    private Path folder;

    private static DatesRecipe.Result train(Path into, @Nullable Duration limit) throws IOException {
        return new DatesRecipe(new TrainingRun(into, limit, 1, 5, Reporter.silent()), TINY).run();
    }

    /// A training that is stopped and goes on ends with the bits of one that was not.
    @Test
    void resumesToTheSameBits() throws IOException {
        Path once = folder.resolve("once");
        Path twice = folder.resolve("twice");
        DatesRecipe.Result result = train(once, null);
        train(twice, Duration.ofMillis(1));
        DatesRecipe.Result resumed = train(twice, null);
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
