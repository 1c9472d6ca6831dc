package dev.rondo.cli;

import dev.rondo.examples.language.LanguageModel;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

@Command(
        name = "generate",
        description = "Writes text with a model that 'train language-model' has made: the prompt, and what follows it.",
        footer = {"", "Example:", "  rondo generate java --prompt 'public class ' --temperature 0.9"})
final class GenerateCommand implements Callable<Integer> {
    @ParentCommand
    private Main main;

    @Parameters(paramLabel = "MODEL", description = "The model's folder, model.json or .safetensors.")
    private Path model;

    @Option(names = "--prompt", paramLabel = "TEXT", defaultValue = "", description = "What the text begins with.")
    private String prompt;

    @Option(
            names = "--length",
            paramLabel = "BYTES",
            defaultValue = "1000",
            description = "How much to write after the prompt (default: ${DEFAULT-VALUE}).")
    private int length;

    @Option(
            names = "--temperature",
            paramLabel = "X",
            defaultValue = "0.8",
            description = "How bold to be: 0 takes the likeliest byte always, 1 what was learned (default:"
                    + " ${DEFAULT-VALUE}).")
    private double temperature;

    @Option(
            names = "--seed",
            paramLabel = "S",
            defaultValue = "42",
            description = "What the draws depend on (default: ${DEFAULT-VALUE}).")
    private long seed;

    @Override
    public Integer call() throws IOException {
        if (!(temperature >= 0 && temperature <= 100)) {
            throw new InputException("--temperature " + temperature + ": must be between 0 and 100");
        }
        if (length < 0 || length > 100_000_000) {
            throw new InputException("--length " + length + ": must be between 0 and 100000000");
        }
        LanguageModel reader = LanguageModel.read(model);
        main.terminal().loadLibraries();
        OutputStream out = main.terminal().outIsTerminal()
                ? main.terminal().out() // byte by byte, as it comes
                : new BufferedOutputStream(main.terminal().out(), 1 << 16);
        byte[] beginning = prompt.getBytes(StandardCharsets.UTF_8);
        out.write(beginning);
        reader.generate(beginning, length, temperature, seed, out);
        out.write('\n');
        out.flush();
        return 0;
    }
}
