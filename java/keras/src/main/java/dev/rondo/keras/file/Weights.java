package dev.rondo.keras.file;

import dev.rondo.format.MalformedFileException;
import dev.rondo.tensor.DataType;
import dev.rondo.tensor.Shape;
import dev.rondo.tensor.Tensor;
import io.jhdf.HdfFile;
import io.jhdf.api.Dataset;
import io.jhdf.api.Group;
import io.jhdf.api.Node;
import io.jhdf.api.dataset.ContiguousDataset;
import io.jhdf.object.datatype.FloatingPoint;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.LongStream;

/// The tensors of a model by their paths in the HDF5 file, such as `layers/lstm/cell/vars/0`, in which each is taken by
/// the layer that it belongs to.
///
/// Source: Keras 3, `keras.saving`: a layer's variables are numbered in its group `vars`, the layers in a model's group
/// `layers` are named by their classes.
public final class Weights {
    private static final String LAYERS = "layers";
    private static final String RANDOM = "seed_generator"; // the state of random numbers, which inference has not

    private static final int DEEPEST = 64;
    private static final int MOST_NODES = 1_000_000;

    private final String file;
    private final Map<String, Tensor> tensors = new LinkedHashMap<>();
    private final Set<String> taken = new HashSet<>();
    private final long most; // bytes that all tensors may have
    private long bytes;
    private int nodes;

    private Weights(String file, long most) {
        this.file = file;
        this.most = most;
    }

    /// Reads all tensors of layers.
    ///
    /// @param hdf5 the file's content, in memory of its own
    /// @param file name of the file, for messages
    static Weights read(ByteBuffer hdf5, String file) {
        Weights weights = new Weights(file, hdf5.remaining());
        try (HdfFile opened = HdfFile.fromByteBuffer(hdf5)) {
            for (Node child : opened) {
                if (child.getName().equals(LAYERS)) {
                    weights.read(child, LAYERS, 0);
                }
            }
        } catch (MalformedFileException e) {
            throw e;
        } catch (RuntimeException | StackOverflowError e) { // whatever jhdf runs into
            throw new MalformedFileException(file, "model.weights.h5 is no sound HDF5 file: " + reason(e), e);
        }
        return weights;
    }

    private static String reason(Throwable e) {
        return e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
    }

    private void read(Node node, String path, int depth) {
        if (++nodes > MOST_NODES || depth > DEEPEST) {
            throw malformed(path, "lies among more groups than a model has");
        }
        if (node.isLink()) {
            throw malformed(path, "is a link, which Keras does not write");
        }
        if (node instanceof Group group) {
            for (Node child : group) {
                if (!child.getName().equals(RANDOM)) {
                    read(child, path + "/" + child.getName(), depth + 1);
                }
            }
        } else if (node instanceof Dataset dataset) {
            tensors.put(path, tensor(dataset, path));
        } else {
            throw malformed(path, "is neither a group nor a tensor");
        }
    }

    private Tensor tensor(Dataset dataset, String path) {
        if (!(dataset instanceof ContiguousDataset contiguous)) {
            throw malformed(path, "is stored in chunks or in its header, as Keras does not store tensors");
        }
        if (!(dataset.getDataType() instanceof FloatingPoint type) || type.getSize() != Float.BYTES) {
            throw malformed(path, "does not hold 32-bit floats, the only weights that Rondo reads from Keras");
        }
        long[] sizes = Arrays.stream(dataset.getDimensions()).asLongStream().toArray();
        long elements = 1;
        for (long size : sizes) {
            elements = size < 0 || size > most ? most + 1 : Math.min(most + 1, elements * size);
        }
        bytes += elements * Float.BYTES;
        if (bytes > most) {
            throw malformed(path, "of shape " + Arrays.toString(sizes) + " is larger than the file");
        }
        ByteBuffer data = contiguous.getBuffer();
        if (data.remaining() != elements * Float.BYTES) {
            throw malformed(path, "has " + data.remaining() + " bytes for the shape " + Arrays.toString(sizes));
        }
        Tensor tensor = Tensor.allocate(Arena.ofAuto(), Shape.of(sizes), DataType.F32);
        tensor.copyFrom(data.asFloatBuffer());
        return tensor;
    }

    private MalformedFileException malformed(String path, String problem) {
        return new MalformedFileException(file, "weight " + MalformedFileException.quote(path) + " " + problem);
    }

    /// The weights of a model.
    public Variables model() {
        return new Variables(this, "");
    }

    /// Number of elements in all tensors.
    public long count() {
        return tensors.values().stream()
                .mapToLong(tensor -> tensor.shape().elements())
                .sum();
    }

    /// @throws MalformedFileException naming the first tensor that no layer has taken
    public void requireAllTaken() {
        for (String path : tensors.keySet()) {
            if (!taken.contains(path)) {
                throw malformed(path, "belongs to no layer");
            }
        }
    }

    Tensor take(String path, long... sizes) {
        Tensor tensor = tensors.get(path);
        if (tensor == null) {
            throw malformed(path, "is missing");
        }
        taken.add(path);
        Shape shape = tensor.shape();
        boolean fits = shape.rank() == sizes.length;
        for (int i = 0; fits && i < sizes.length; i++) {
            fits = sizes[i] == shape.size(i) || sizes[i] == Variables.ANY && shape.size(i) > 0;
        }
        if (!fits) {
            String wanted = LongStream.of(sizes)
                    .mapToObj(size -> size == Variables.ANY ? "any" : Long.toString(size))
                    .collect(Collectors.joining(", ", "[", "]"));
            throw malformed(path, "is of shape " + shape + " where " + wanted + " is needed");
        }
        return tensor;
    }

    /// A copy of a matrix with rows and columns exchanged.
    static Tensor transposed(Tensor matrix) {
        long rows = matrix.shape().size(0);
        long columns = matrix.shape().size(1);
        Tensor result = Tensor.allocate(Arena.ofAuto(), Shape.of(columns, rows), DataType.F32);
        MemorySegment from = matrix.data();
        for (long i = 0; i < rows; i++) {
            for (long j = 0; j < columns; j++) {
                result.data()
                        .setAtIndex(
                                ValueLayout.JAVA_FLOAT,
                                j * rows + i,
                                from.getAtIndex(ValueLayout.JAVA_FLOAT, i * columns + j));
            }
        }
        return result;
    }
}
