package dev.rondo;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// The snippets in the documentation of what an application touches compile.
class SnippetsTest {
    private static final Path SOURCES = Path.of("src/main/java/dev/rondo");
    private static final Pattern SNIPPET =
            Pattern.compile("/// \\{@snippet :\n(.*?)\n *+/// }\n *+///\n", Pattern.DOTALL);

    /// What the snippets take for granted.
    private static final String FRAME = """
            import dev.rondo.*;
            import dev.rondo.nn.*;
            import dev.rondo.nn.Module;
            import dev.rondo.tensor.*;
            import java.nio.file.Path;
            import java.time.Duration;
            import java.util.*;
            import java.util.concurrent.atomic.LongAdder;

            abstract class Snippet {
                interface Microphone {
                    boolean read(float[] frame);
                }

                Module tagger;
                Model model;
                long[] ids;
                int[] lengths;
                float[] frame;
                Microphone microphone;

                void run() throws Exception {
            %s
                }
            }
            """;

    @ParameterizedTest
    @ValueSource(
            strings = {"Model", "StreamingSession", "StreamBatcher", "BatchListener", "PlanCache", "LengthBuckets"})
    void theSnippetsCompile(String type, @TempDir Path folder) throws IOException {
        Matcher matcher = SNIPPET.matcher(Files.readString(SOURCES.resolve(type + ".java")));
        assertTrue(matcher.find(), type + " has no snippet");
        do {
            Snippets.compile(folder, FRAME.formatted(matcher.group(1).replaceAll("(?m)^ *+/// ?", "")));
        } while (matcher.find());
    }
}
