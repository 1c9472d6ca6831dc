package dev.rondo.onnx;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.rondo.Input;
import dev.rondo.Model;
import dev.rondo.Session;
import dev.rondo.nn.Embedding;
import dev.rondo.nn.LSTM;
import dev.rondo.nn.Linear;
import dev.rondo.nn.Module;
import dev.rondo.nn.Sequential;
import dev.rondo.tensor.Shape;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/// What the README shows of ONNX is what this test does.
class ReadmeTest {
    private static final String BEGIN = "// README";
    private static final String END = "// END";

    @Test
    void theExampleRuns() throws IOException {
        // README
        Module tagger = new Sequential(new Embedding(256, 32), new LSTM(32, 96), new Linear(96, 10));
        Path file = Files.createTempFile("tagger", ".onnx");
        try (Model model = Model.of(tagger, Input.ids("ids", "T", "N"))) {
            OnnxExport.write(model, "tagger", file); // any model; T and N stay open
        }
        try (Model model = OnnxModel.read(file).model();
                Session session = model.session(Shape.of(5, 1))) {
            session.input("ids").copyFrom(new long[] {72, 101, 108, 108, 111});
            session.run();
            System.out.println(session.output("output").shape()); // [5, 1, 10]
        }
        // END
        Files.delete(file);
    }

    @Test
    void theReadmeHasIt() throws IOException {
        Path self = Path.of("src/test/java/dev/rondo/onnx/ReadmeTest.java");
        List<String> lines = Files.readAllLines(self);
        int from = lines.indexOf("        " + BEGIN) + 1;
        int to = lines.indexOf("        " + END);
        String example = String.join("\n", lines.subList(from, to)).stripIndent();

        String readme = Files.readString(Path.of("../../README.md"));
        String shown = readme.substring(readme.indexOf("### A model in ONNX"))
                .split("```java\n")[1]
                .split("\n```")[0];

        assertEquals(example, shown);
    }
}
