package dev.rondo.cli;

import dev.rondo.Input;
import dev.rondo.Model;
import dev.rondo.Session;
import dev.rondo.decode.Translator;
import dev.rondo.nn.Parameter;
import dev.rondo.tensor.Shape;
import java.io.IOException;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;

@Command(
        name = "info",
        description = "Shows a model's inputs, outputs, layers and memory, and what computes each operation here.",
        footer = {"", "Example:", "  rondo info model.safetensors --shape ids=8,512"})
final class InfoCommand implements Callable<Integer> {
    @ParentCommand
    private Main main;

    @Mixin
    private ModelArgument model;

    @Option(
            names = "--shape",
            paramLabel = "NAME=SIZES",
            description = "An input's shape, such as ids=1,100 (default: T is 100, other symbols 1).")
    private List<String> shapes = new ArrayList<>();

    @Mixin
    private EngineOptions engine;

    @Override
    public Integer call() throws IOException {
        engine.check();
        Terminal terminal = main.terminal();
        if (Translator.isAt(model.file())) {
            print(terminal.out(), Translator.read(model.file()));
            return 0;
        }
        ReadModel file = model.read();
        try (Model loaded = file.model()) {
            Map<Input, Shape> sizes = sizes(loaded.inputs());
            terminal.loadLibraries();
            try (Session session = session(loaded, sizes.values().toArray(Shape[]::new))) {
                print(terminal.out(), file, sizes, session);
            }
        }
        return 0;
    }

    private Session session(Model loaded, Shape... sizes) {
        return shapes.isEmpty()
                ? Sizes.session(loaded, model.file().toString(), engine.threads(), sizes)
                : Sizes.sessionOf(loaded, "--shape " + String.join(" --shape ", shapes), engine.threads(), sizes);
    }

    private Map<Input, Shape> sizes(List<Input> inputs) {
        Map<Input, Shape> sizes = new LinkedHashMap<>();
        inputs.forEach(input -> sizes.put(input, typical(input)));
        for (String option : shapes) {
            int end = option.indexOf('=');
            Input input = inputs.stream()
                    .filter(one -> one.name().equals(option.substring(0, Math.max(end, 0))))
                    .findFirst()
                    .orElseThrow(
                            () -> new InputException("--shape " + option + ": write NAME=SIZES, where NAME is one of "
                                    + inputs.stream().map(Input::name).collect(Collectors.joining(", "))));
            sizes.put(input, Sizes.parse(option, option.substring(end + 1)));
        }
        return sizes;
    }

    private Shape typical(Input input) {
        try {
            return Sizes.typical(input);
        } catch (IllegalArgumentException e) {
            throw new InputException(model.file() + ": input " + input.name() + ": " + e.getMessage(), e);
        }
    }

    private void print(PrintStream out, ReadModel file, Map<Input, Shape> sizes, Session session) {
        out.println(Printable.of(file.name()));
        out.println();
        Columns values = new Columns();
        sizes.keySet().forEach(input -> values.row("input", input.name(), input.type(), dimensions(input)));
        session.outputs()
                .forEach((name, tensor) -> values.row(
                        "output",
                        name,
                        tensor.type(),
                        file.dimensions(name).orElse("for this input " + tensor.shape())));
        out.println(values);
        out.println(file.parts());

        out.println("with "
                + sizes.entrySet().stream()
                        .map(entry -> Printable.of(entry.getKey().name()) + " " + entry.getValue())
                        .collect(Collectors.joining(", "))
                + " and "
                + (engine.threads() == 1 ? "1 thread" : engine.threads() + " threads") + ", a session takes "
                + ReadModel.mebibytes(session.byteSize()) + " beside the weights and runs");
        Columns operations = new Columns();
        Implementations.rows(session.describe()).forEach(row -> operations.row("", row[0], row[row.length - 1]));
        out.print(operations);
    }

    private static void print(PrintStream out, Translator translator) {
        Translator.Settings settings = translator.settings();
        out.println("an encoder and a decoder, for 'rondo translate'");
        out.println();
        Columns ids = new Columns();
        ids.row(
                "reads",
                translator.source().size() + " ids",
                translator.source().getClass().getSimpleName());
        ids.row(
                "writes",
                translator.target().size() + " ids",
                translator.target().getClass().getSimpleName());
        ids.row(
                "decoder",
                Words.of(settings.context()),
                settings.context().attends() ? settings.attending().toString() : "");
        out.println(ids);
        Columns parts = new Columns();
        long total = 0;
        for (Map.Entry<String, Parameter> entry :
                translator.network().parameters().entrySet()) {
            Shape shape = entry.getValue().shape();
            parts.row(entry.getKey(), shape, String.format(Locale.ROOT, "%,d", shape.elements()));
            total += shape.elements();
        }
        parts.row(
                "total",
                "",
                String.format(Locale.ROOT, "%,d", total),
                ReadModel.mebibytes(total * Float.BYTES) + " float32");
        out.print(parts);
    }

    private static String dimensions(Input input) {
        return "[" + String.join(", ", input.dimensions()) + "]";
    }
}
