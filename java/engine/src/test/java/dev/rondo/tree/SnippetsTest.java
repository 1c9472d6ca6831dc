package dev.rondo.tree;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rondo.Snippets;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// The snippets in the documentation of trees and of networks over them compile.
class SnippetsTest {
    private static final Path SOURCES = Path.of("src/main/java/dev/rondo");
    private static final Pattern SNIPPET = Pattern.compile("/// \\{@snippet :\n(.*?)\n/// }\n///\n", Pattern.DOTALL);

    /// What the snippets take for granted.
    private static final String FRAME = """
            import dev.rondo.decode.TreeSearch;
            import dev.rondo.nn.*;
            import dev.rondo.program.Value;
            import dev.rondo.tensor.*;
            import dev.rondo.train.*;
            import dev.rondo.tree.*;
            import java.util.List;

            abstract class Snippet {
                TrainingStep step;
                int node;
                Embedding embedding;
                NaryTreeLSTM treeLstm;
                GumbelTreeLSTM latent;
                Linear classifier;
                RecursiveParser parser;
                SPINN spinn;
                RecursiveAutoencoder autoencoder;
                Value ids, lengths, parents, positions, rootIds;

                void run(%s) throws Exception {
            %s
                }
            }
            """;

    @ParameterizedTest
    @CsvSource({
        "tree/Trees, ''",
        "tree/TreeBatch, Trees trees",
        "tree/TreeDrawing, Trees trees",
        "tree/Merges, ''",
        "nn/GumbelTreeLSTM, ''",
        "nn/RecursiveParser, 'Trees wanted, List<float[]> sentences, List<List<String>> tokens'",
        "decode/TreeSearch, 'float[] words, List<String> tokens'",
        "nn/MergeSteps, Trees trees",
        "nn/RecursiveAutoencoder, 'Value x, Value left, Value right, Value labels'",
        "nn/MatrixVectorRNN, 'Value left, Value right'",
        "nn/SPINN, 'Value labels, Value transitions'",
        "nn/PackedTrees, ''",
        "nn/TreeRecurrence, ''"
    })
    void theSnippetsCompile(String type, String parameter, @TempDir Path folder) throws IOException {
        Matcher matcher = SNIPPET.matcher(Files.readString(SOURCES.resolve(type + ".java")));
        assertTrue(matcher.find(), type + " has no snippet");
        Snippets.compile(folder, FRAME.formatted(parameter, matcher.group(1).replaceAll("(?m)^/// ?", "")));
    }
}
