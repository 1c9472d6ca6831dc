package dev.rondo.keras;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.rondo.Model;
import dev.rondo.Session;
import dev.rondo.tensor.Shape;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/// What the README shows of Keras is what this test does.
class ReadmeTest {
    private static final String BEGIN = "// README";
    private static final String END = "// END";

    @Test
    void theExampleRuns() throws IOException {
        Path file = Saved.file("tagger.keras");
        // README
        try (Model model = KerasModel.read(file).model();
                Session session = model.session(Shape.of(2, 5))) {
            session.input("ids").copyFrom(new long[] {7, 2, 9, 4, 1, 8, 3, 5, 0, 0}); // 0 is masked
            session.run();
            System.out.println(session.output("time_distributed").shape()); // [2, 5, 4]
        }
        // END
    }

    @Test
    void theReadmeHasIt() throws IOException {
        Path self = Path.of("src/test/java/dev/rondo/keras/ReadmeTest.java");
        List<String> lines = Files.readAllLines(self);
        int from = lines.indexOf("        " + BEGIN) + 1;
        int to = lines.indexOf("        " + END);
        String example = String.join("\n", lines.subList(from, to)).stripIndent();

        String readme = Files.readString(Path.of("../../README.md"));
        String shown = readme.substring(readme.indexOf("### A model from Keras"))
                .split("```java\n")[1]
                .split("\n```")[0];

        assertEquals(example, shown);
    }
}
