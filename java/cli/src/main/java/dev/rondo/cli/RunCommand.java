package dev.rondo.cli;

import dev.rondo.Model;
import dev.rondo.Session;
import dev.rondo.format.MalformedFileException;
import dev.rondo.format.Npy;
import dev.rondo.tensor.Tensor;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.foreign.Arena;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;

@Command(
        name = "run",
        description = "Runs a model once and writes every output as OUTDIR/NAME.npy: all of them or none.",
        footer = {
            "",
            "Arrays are .npy files of float32, or of int64 or int32 for ids.",
            "",
            "Example:",
            "  rondo run model.safetensors -i ids=ids.npy -o out",
            "  rondo run model.onnx -i x=x.npy -i h0=h0.npy -o out",
            "  rondo run model.keras -i ids=ids.npy -o out"
        })
final class RunCommand implements Callable<Integer> {
    private static final int LONGEST_FILE_NAME = 255; // bytes, on every usual file system; temporaries are shorter

    @ParentCommand
    private Main main;

    @Mixin
    private ModelArgument model;

    @Option(
            names = "-i",
            paramLabel = "NAME=FILE",
            required = true,
            description = "An input's array; FILE alone where the model has one input.")
    private List<String> inputs;

    @Option(
            names = "-o",
            paramLabel = "OUTDIR",
            required = true,
            description = "Folder for the outputs; made if missing.")
    private Path folder;

    @Mixin
    private EngineOptions engine;

    @Override
    public Integer call() throws IOException {
        engine.check();
        requireWritable(folder.toAbsolutePath());
        ReadModel file = model.read();
        Terminal terminal = main.terminal();
        try (Arena arena = Arena.ofShared();
                Model loaded = file.model()) {
            InputArrays arrays = InputArrays.read(inputs, loaded.inputs(), arena);
            terminal.loadLibraries();
            try (Session session = arrays.session(loaded, model.file().toString(), engine.threads())) {
                session.outputs().keySet().forEach(this::requireFileName);
                arrays.run(session);
                write(session.outputs());
                session.outputs()
                        .forEach((name, output) -> terminal.notice(
                                "Wrote %s (%s %s)", folder.resolve(fileName(name)), output.type(), output.shape()));
            }
        }
        return 0;
    }

    /// Finds out before the work is done what would fail after it.
    private static void requireWritable(Path folder) throws IOException {
        Path existing = folder;
        while (!Files.exists(existing)) {
            existing = existing.getParent();
        }
        if (!Files.isDirectory(existing)) {
            throw new NotDirectoryException(existing.toString());
        }
        if (!Files.isWritable(existing)) {
            throw new AccessDeniedException(existing.toString());
        }
    }

    /// A model's author must not choose where files go.
    private void requireFileName(String name) {
        boolean plain = name.codePoints().noneMatch(c -> c == '/' || c == '\\' || Character.isISOControl(c))
                && StandardCharsets.UTF_8.newEncoder().canEncode(name);
        int bytes = fileName(name).getBytes(StandardCharsets.UTF_8).length;
        if (!plain || name.isBlank() || name.startsWith(".") || bytes > LONGEST_FILE_NAME) {
            throw new MalformedFileException(
                    model.file().toString(),
                    "has an output named " + MalformedFileException.quote(name) + ", which cannot be a file's name");
        }
    }

    private static String fileName(String output) {
        return output + ".npy";
    }

    private void write(Map<String, Tensor> outputs) throws IOException {
        try (OutputFiles files = new OutputFiles()) {
            try {
                files.createFolders(folder);
            } catch (IOException e) {
                throw new InputException("-o " + folder + ": cannot make the folder", e);
            }
            for (var output : outputs.entrySet()) {
                OutputStream out = files.create(folder.resolve(fileName(output.getKey())));
                Npy.write(out, output.getValue(), Npy.Layout.DEFAULT);
            }
            files.commit();
        }
    }
}
