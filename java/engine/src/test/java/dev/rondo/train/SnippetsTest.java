package dev.rondo.train;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rondo.Snippets;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// The snippets in the documentation compile, and every public type has one.
class SnippetsTest {
    private static final Path SOURCES = Path.of("src/main/java/dev/rondo/train");
    private static final Pattern SNIPPET = Pattern.compile("/// \\{@snippet :\n(.*?)\n/// }\n///\n", Pattern.DOTALL);

    /// What the snippets take for granted.
    private static final String FRAME = """
            import dev.rondo.nn.*;
            import dev.rondo.nn.Module;
            import dev.rondo.program.*;
            import dev.rondo.tensor.*;
            import dev.rondo.train.*;
            import java.nio.file.Path;
            import java.util.*;

            abstract class Snippet {
                Module module, network;
                GRU gru;
                Linear linear;
                Tensor x, y;
                long n;
                Optimizer optimizer, adam;
                double validationLoss;
                TrainingStep step, lastStep;
                Evaluation evaluation;
                Plateau plateau;
                Path file, folder;
                long[][] sentences;
                Minibatches<long[][]> minibatches;
                Trainer<long[][]> trainer;

                void run() throws Exception {
            %s
                }
            }
            """;

    static List<Path> publicTypes() throws IOException {
        try (Stream<Path> files = Files.list(SOURCES)) {
            return files.filter(SnippetsTest::isPublic).sorted().toList();
        }
    }

    private static boolean isPublic(Path file) {
        try {
            return Files.readString(file).contains("\npublic ");
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    @ParameterizedTest
    @MethodSource("publicTypes")
    void theSnippetCompiles(Path type, @TempDir Path folder) throws IOException {
        Matcher matcher = SNIPPET.matcher(Files.readString(type));
        assertTrue(matcher.find(), type + " has no snippet");
        String code = matcher.group(1).replaceAll("(?m)^/// ?", "");
        Snippets.compile(folder, FRAME.formatted(code));
    }
}
