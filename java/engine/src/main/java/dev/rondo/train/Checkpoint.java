package dev.rondo.train;

import dev.rondo.format.MalformedFileException;
import dev.rondo.format.Safetensors;
import dev.rondo.tensor.Tensor;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/// What a training needs in order to go on as if it had never stopped: tensors and values of named parts, in
/// one safetensors file that appears as a whole or not at all.
///
/// A [TrainingStep] is a part: its parameters, its optimizers' state and counters, carried states, and what was
/// accumulated. What dropout drops follows from the counters. So a restored training takes the same steps, bit
/// by bit.
///
/// {@snippet :
/// Checkpoint checkpoint = new Checkpoint().add("step", step).add("plateau", plateau);
/// checkpoint.save(file);
/// checkpoint.restore(file); // in another process, into parts that are made alike
/// }
///
/// Threads: one at a time, while nothing trains.
public final class Checkpoint {
    /// Something that can be saved and restored.
    public interface Part {
        /// Tensors by name, which are saved as they are and restored in place.
        Map<String, Tensor> tensors();

        /// Values by name, as text.
        Map<String, String> values();

        /// Takes values that were saved.
        ///
        /// @throws IllegalArgumentException if they are no values of this part
        void restore(Map<String, String> values);
    }

    private static final String FORMAT = "format";
    private static final String VERSION = "rondo checkpoint 1";

    private final Map<String, Part> parts = new LinkedHashMap<>();

    /// No parts yet.
    public Checkpoint() {}

    /// Adds a part.
    ///
    /// @param name before the names of its tensors and values
    /// @throws IllegalArgumentException if there is a part of that name
    public Checkpoint add(String name, Part part) {
        if (parts.putIfAbsent(name, part) != null) {
            throw new IllegalArgumentException("there are two parts named " + name);
        }
        return this;
    }

    /// Writes all parts.
    ///
    /// @throws IOException if the file cannot be written; then the one before is still there
    public void save(Path file) throws IOException {
        Map<String, String> values = new LinkedHashMap<>();
        values.put(FORMAT, VERSION);
        parts.forEach((name, part) -> part.values().forEach((key, value) -> values.put(name + "." + key, value)));
        Safetensors.write(file, tensors(), values);
    }

    private Map<String, Tensor> tensors() {
        Map<String, Tensor> tensors = new LinkedHashMap<>();
        parts.forEach((name, part) -> part.tensors().forEach((key, tensor) -> tensors.put(name + "." + key, tensor)));
        return tensors;
    }

    /// Reads all parts.
    ///
    /// @throws IOException            if the file cannot be read
    /// @throws MalformedFileException if it is no checkpoint of these parts, by names, shapes and types; then
    ///                                no tensor has changed
    public void restore(Path file) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            Safetensors saved = Safetensors.read(file, arena);
            if (!VERSION.equals(saved.metadata().get(FORMAT))) {
                throw new MalformedFileException(file.toString(), "is no checkpoint of this version");
            }
            Map<String, Tensor> tensors = tensors();
            tensors.forEach((name, tensor) ->
                    require(file, name, tensor, saved.tensors().get(name)));
            for (String name : saved.tensors().keySet()) {
                if (!tensors.containsKey(name)) {
                    throw malformed(file, name, "belongs to no part of this training");
                }
            }
            parts.forEach((name, part) -> restore(file, name, part, saved.metadata()));
            tensors.forEach((name, tensor) -> tensor.copyFrom(saved.tensors().get(name)));
        }
    }

    private static void require(Path file, String name, Tensor tensor, Tensor saved) {
        if (saved == null) {
            throw malformed(file, name, "of shape " + tensor.shape() + " is missing");
        }
        if (!saved.shape().equals(tensor.shape()) || saved.type() != tensor.type()) {
            throw malformed(
                    file,
                    name,
                    "is " + saved.type() + " of shape " + saved.shape() + ", not " + tensor.type() + " of shape "
                            + tensor.shape());
        }
    }

    private static MalformedFileException malformed(Path file, String tensor, String problem) {
        return new MalformedFileException(
                file.toString(), "tensor " + MalformedFileException.quote(tensor) + " " + problem);
    }

    private static void restore(Path file, String name, Part part, Map<String, String> metadata) {
        Map<String, String> values = new LinkedHashMap<>();
        metadata.forEach((key, value) -> {
            if (key.startsWith(name + ".")) {
                values.put(key.substring(name.length() + 1), value);
            }
        });
        if (!values.keySet().equals(part.values().keySet())) {
            throw new MalformedFileException(
                    file.toString(),
                    "has of part " + MalformedFileException.quote(name) + " the values " + values.keySet() + ", not "
                            + part.values().keySet());
        }
        try {
            part.restore(values);
        } catch (IllegalArgumentException e) {
            throw new MalformedFileException(
                    file.toString(), "part " + MalformedFileException.quote(name) + ": " + e.getMessage(), e);
        }
    }
}
