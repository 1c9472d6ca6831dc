package dev.rondo.fuzz;

import dev.rondo.Input;
import dev.rondo.Model;
import dev.rondo.ModelFile;
import dev.rondo.Session;
import dev.rondo.format.Json;
import dev.rondo.format.MalformedFileException;
import dev.rondo.format.Npy;
import dev.rondo.format.Npz;
import dev.rondo.format.Safetensors;
import dev.rondo.keras.KerasModel;
import dev.rondo.onnx.OnnxModel;
import dev.rondo.tensor.Shape;
import dev.rondo.tensor.Tensor;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.zip.Deflater;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/// A reader of files, and what it may do with any bytes: return, or say in one line what is wrong with them. What it
/// allocates is bounded by the number of bytes, and so is the time that it takes. (Memory of automatic arenas counts as
/// direct memory, of which there is little: see the module's pom.xml.)
///
/// A new reader is a constant here, a dependency of this module, and a folder of files to begin with among the
/// resources.
enum Target {
    /// JSON, which reads what it writes.
    JSON(100) {
        @Override
        void read(byte[] bytes) {
            Json value = Json.parse(bytes, "file");
            byte[] written = value.compact().getBytes(StandardCharsets.UTF_8);
            if (!Json.parse(written, "file").equals(value)) {
                throw new AssertionError("reads something else than it wrote");
            }
        }
    },
    /// The description of layers. What is checked is read before the weights are looked for.
    MODEL_JSON(2_000) {
        @Override
        void read(byte[] bytes) {
            ModelFile.of(bytes, Map.of(), "file");
        }
    },
    SAFETENSORS(200) {
        @Override
        void read(byte[] bytes) {
            look(Safetensors.parse(MemorySegment.ofArray(bytes), "file")
                    .tensors()
                    .values());
        }
    },
    NPY(100) {
        @Override
        void read(byte[] bytes) {
            look(List.of(Npy.parse(MemorySegment.ofArray(bytes), "file", Arena.ofAuto())));
        }
    },
    /// Deflate makes a thousand bytes of one.
    NPZ(5_000) {
        @Override
        void read(byte[] bytes) throws IOException {
            look(Npz.read(file(bytes), Arena.ofAuto()).values());
        }
    },
    /// A file of a graph.
    ONNX(1_000) {
        @Override
        void read(byte[] bytes) throws IOException {
            OnnxModel model = OnnxModel.read(file(bytes));
            long nodes =
                    model.operators().values().stream().mapToInt(count -> count).sum();
            if (nodes < 0 || model.parameterCount() < 0) {
                throw new AssertionError("counts what is not there");
            }
        }
    },
    /// A graph, recorded for small inputs. It may be large whatever its file's size: shapes are numbers.
    ONNX_GRAPH(Integer.MAX_VALUE) {
        @Override
        void read(byte[] bytes) throws IOException {
            OnnxModel file = OnnxModel.read(file(bytes));
            Shape[] shapes = file.inputs().stream().map(Target::small).toArray(Shape[]::new);
            try (Model model = file.model();
                    Session session = model.session(shapes)) {
                if (session.byteSize() < MOST_BYTES_TO_RUN) {
                    session.run();
                }
            } catch (IllegalArgumentException e) {
                requireOneLine(e); // what does not fit the inputs' shapes
            } catch (OutOfMemoryError e) {
                // asks for more than there is, as a few bytes of a graph can
            }
        }
    },
    /// A Keras model's description, beside weights of another one.
    KERAS_CONFIG(200) {
        @Override
        void read(byte[] bytes) throws IOException {
            readKeras(bytes, resource("keras_weights/stateful.h5"));
        }

        @Override
        long size(byte[] bytes) {
            return bytes.length + KERAS_BYTES;
        }
    },
    /// A Keras model's weights, which are HDF5, beside the description of another one.
    KERAS_WEIGHTS(200) {
        @Override
        void read(byte[] bytes) throws IOException {
            readKeras(resource("keras_config/stateful.json"), bytes);
        }

        @Override
        long size(byte[] bytes) {
            return bytes.length + KERAS_BYTES;
        }
    };

    private static final long KERAS_BYTES = 1 << 17; // of what stands beside the bytes
    private static final long MOST_BYTES_TO_RUN = 1 << 24;
    private static final long BYTES_ANYWAY = 1 << 20; // buffers, and what the fuzzer adds
    private static final long MOST_NANOSECONDS = 5_000_000_000L;

    private final long bytesPerByte;

    Target(long bytesPerByte) {
        this.bytesPerByte = bytesPerByte;
    }

    /// Reads a file.
    abstract void read(byte[] bytes) throws IOException;

    /// How many bytes the reader gets.
    long size(byte[] bytes) {
        return bytes.length;
    }

    /// Fails if the reader does with these bytes what it may not.
    final void check(byte[] bytes) throws IOException {
        Cost most = new Cost(BYTES_ANYWAY + bytesPerByte * size(bytes), MOST_NANOSECONDS);
        Cost cost = costOfReading(bytes);
        for (int again = 0; again < 3 && !cost.isWithin(most); again++) {
            cost = costOfReading(bytes); // the first time, classes are loaded
        }
        if (!cost.isWithin(most)) {
            throw new AssertionError(bytes.length + " bytes took " + cost + ", more than " + most);
        }
    }

    private Cost costOfReading(byte[] bytes) throws IOException {
        Cost before = Cost.now();
        try {
            read(bytes);
        } catch (MalformedFileException e) {
            requireOneLine(e);
        }
        return Cost.now().minus(before);
    }

    private static void requireOneLine(RuntimeException e) {
        if (e.getMessage() == null || e.getMessage().lines().count() != 1) {
            throw new AssertionError("not one line: " + e.getMessage(), e);
        }
    }

    /// Touches every byte of the tensors.
    private static void look(Collection<Tensor> tensors) {
        tensors.forEach(tensor -> tensor.data().toArray(ValueLayout.JAVA_BYTE));
    }

    /// An archive's members are checked by sums that no fuzzer guesses, so the archive is always a good one.
    final void readKeras(byte[] config, byte[] weights) throws IOException {
        ByteArrayOutputStream archive = new ByteArrayOutputStream();
        try (ZipOutputStream members = new ZipOutputStream(archive)) {
            members.setLevel(Deflater.NO_COMPRESSION);
            for (Map.Entry<String, byte[]> member : Map.of(
                            "metadata.json", "{\"keras_version\": \"3.15.1\"}".getBytes(StandardCharsets.UTF_8),
                            "config.json", config,
                            "model.weights.h5", weights)
                    .entrySet()) {
                members.putNextEntry(new ZipEntry(member.getKey()));
                members.write(member.getValue());
            }
        }
        KerasModel.read(file(archive.toByteArray())).model().close();
    }

    static byte[] resource(String name) throws IOException {
        try (InputStream stream = Target.class.getResourceAsStream(name)) {
            return stream.readAllBytes();
        }
    }

    private static Shape small(Input input) {
        return Shape.of(input.dimensions().stream()
                .mapToLong(size -> Character.isDigit(size.charAt(0)) ? Long.parseLong(size) % 100 : 4)
                .toArray());
    }

    /// The bytes as a file, the same one each time.
    final Path file(byte[] bytes) throws IOException {
        return Files.write(
                Path.of(
                        System.getProperty("java.io.tmpdir"),
                        "rondo-fuzz-" + name() + "-" + ProcessHandle.current().pid()),
                bytes);
    }
}
