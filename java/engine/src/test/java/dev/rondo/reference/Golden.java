package dev.rondo.reference;

import dev.rondo.format.Safetensors;
import dev.rondo.reference.ReferenceRecurrent.Direction;
import dev.rondo.reference.ReferenceRecurrent.Layer;
import dev.rondo.tensor.Tensor;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/// A case with values from PyTorch: a file of the class path folder `golden`, whose README says what is in it.
///
/// @param name case, such as `recurrent/lstm_l1_uni_i5h7n3t9`
/// @param file what it holds
public record Golden(String name, Safetensors file) {
    private static final String SUFFIX = ".safetensors";

    /// The case of this name.
    public static Golden read(String name) throws IOException {
        return new Golden(name, Safetensors.read(path("/golden/" + name + SUFFIX), Arena.ofAuto()));
    }

    /// Names of all cases in a folder, such as `recurrent`, in alphabetical order.
    public static List<String> list(String folder) throws IOException {
        try (Stream<Path> files = Files.list(path("/golden/" + folder))) {
            return files.map(file -> file.getFileName().toString())
                    .filter(file -> file.endsWith(SUFFIX))
                    .map(file -> folder + "/" + file.substring(0, file.length() - SUFFIX.length()))
                    .sorted()
                    .toList();
        }
    }

    private static Path path(String resource) throws IOException {
        URL url = Golden.class.getResource(resource);
        if (url == null) {
            throw new IOException("there is no resource " + resource);
        }
        try {
            return Path.of(url.toURI());
        } catch (URISyntaxException e) {
            throw new IOException(resource, e);
        }
    }

    /// A setting, null if the case has none of this name.
    public String setting(String key) {
        return file.metadata().get(key);
    }

    public int number(String key) {
        return Integer.parseInt(setting(key));
    }

    public boolean has(String tensor) {
        return file.tensors().containsKey(tensor);
    }

    public Tensor tensor(String tensor) {
        if (!has(tensor)) {
            throw new UncheckedIOException(new IOException(name + " has no tensor " + tensor));
        }
        return file.tensors().get(tensor);
    }

    /// All elements of a tensor.
    public double[] values(String tensor) {
        return tensor(tensor).toDoubleArray();
    }

    /// All elements, or null if the case has no such tensor.
    public double[] valuesOrNull(String tensor) {
        return has(tensor) ? values(tensor) : null;
    }

    public long[] integers(String tensor) {
        return tensor(tensor).toLongArray();
    }

    /// Sizes of a tensor's dimensions.
    public int[] sizes(String tensor) {
        long[] sizes = tensor(tensor).shape().sizes();
        int[] ints = new int[sizes.length];
        for (int d = 0; d < ints.length; d++) {
            ints[d] = Math.toIntExact(sizes[d]);
        }
        return ints;
    }

    public double[][] matrix(String tensor) {
        int[] sizes = sizes(tensor);
        return Values.matrix(values(tensor), sizes[0], sizes[1]);
    }

    public double[][][] cube(String tensor) {
        int[] sizes = sizes(tensor);
        return Values.cube(values(tensor), sizes[0], sizes[1], sizes[2]);
    }

    /// Number of steps of each sample, null if the case has none. // (N)
    public int[] lengths() {
        if (!has("lengths")) {
            return null;
        }
        long[] lengths = integers("lengths");
        int[] ints = new int[lengths.length];
        for (int n = 0; n < ints.length; n++) {
            ints[n] = Math.toIntExact(lengths[n]);
        }
        return ints;
    }

    /// The layers of a case of folder `recurrent` or `packed`.
    public List<Layer> layers() {
        List<Layer> layers = new ArrayList<>();
        for (int k = 0; k < number("num_layers"); k++) {
            Cell forward = cell("_l" + k);
            boolean bidirectional = Boolean.parseBoolean(setting("bidirectional"));
            layers.add(
                    bidirectional
                            ? new Layer(Direction.CONCAT, forward, cell("_l" + k + "_reverse"))
                            : new Layer(Direction.FORWARD, forward));
        }
        return layers;
    }

    private Cell cell(String end) {
        String kind = setting("kind");
        return switch (kind) {
            case "RNN" -> {
                String activation = setting("nonlinearity").toUpperCase(Locale.ROOT);
                yield new RnnCell(RnnCell.Activation.valueOf(activation), weights(1, end));
            }
            case "LSTM" -> {
                double[][] weightHr = number("proj_size") > 0 ? matrix("weight_hr" + end) : null;
                yield new LstmCell(weights(4, end), null, weightHr);
            }
            case "GRU" -> new GruCell(GruCell.Reset.AFTER_PRODUCT, weights(3, end));
            default -> throw new IllegalStateException(name + " is of unknown kind " + kind);
        };
    }

    private Weights weights(int gates, String end) {
        return new Weights(
                gates,
                matrix("weight_ih" + end),
                matrix("weight_hh" + end),
                valuesOrNull("bias_ih" + end),
                valuesOrNull("bias_hh" + end));
    }
}
