package dev.rondo.keras.file;

import dev.rondo.format.MalformedFileException;
import dev.rondo.tensor.Tensor;

/// The group of a layer, or of a part of one, in a file of weights.
public final class Variables {
    /// A size that only the file tells.
    public static final long ANY = -1;

    private final Weights weights;
    private final String path;

    Variables(Weights weights, String path) {
        this.weights = weights;
        this.path = path;
    }

    /// The group of a part.
    ///
    /// @param name such as `cell` or `forward_layer`
    public Variables part(String name) {
        return new Variables(weights, path.isEmpty() ? name : path + "/" + name);
    }

    /// A variable of the layer.
    ///
    /// @param index its number
    /// @param sizes of its dimensions, or [#ANY]
    /// @throws MalformedFileException naming the variable's path if it is missing or of another shape
    public Tensor tensor(int index, long... sizes) {
        return weights.take(path + "/vars/" + index, sizes);
    }

    /// A matrix of the layer, with rows and columns exchanged.
    public Tensor transposed(int index, long rows, long columns) {
        return Weights.transposed(tensor(index, rows, columns));
    }
}
