package dev.rondo;

import dev.rondo.tensor.DataType;
import dev.rondo.tensor.Shape;
import java.math.BigInteger;
import java.util.List;
import java.util.Map;

/// An input of a model: its name, its type, and its dimensions, each a number or a symbol such as `T` that any size
/// fits. A symbol stands for the same size wherever it occurs among a model's inputs.
///
/// @param name       the input's name
/// @param type       type of its elements
/// @param dimensions numbers or symbols
public record Input(String name, DataType type, List<String> dimensions) {
    /// @throws IllegalArgumentException if a dimension is neither a number nor a symbol
    public Input {
        dimensions = List.copyOf(dimensions);
        for (String dimension : dimensions) {
            if (!dimension.matches("[A-Za-z_][A-Za-z_0-9]*") && !isSize(dimension)) {
                throw new IllegalArgumentException(
                        "dimension \"" + dimension + "\" of input " + name + " is neither a number nor a symbol");
            }
        }
    }

    /// An input of floats: `Input.floats("x", "T", "N", "32")`.
    public static Input floats(String name, String... dimensions) {
        return new Input(name, DataType.F32, List.of(dimensions));
    }

    /// An input of 64-bit ids: `Input.ids("ids", "N", "T")`.
    public static Input ids(String name, String... dimensions) {
        return new Input(name, DataType.I64, List.of(dimensions));
    }

    /// Checks a shape against the dimensions.
    ///
    /// @param symbols the sizes that symbols have been found to have; new ones are added
    /// @throws IllegalArgumentException if the shape does not fit
    void bind(Shape shape, Map<String, Long> symbols) {
        boolean fits = shape.rank() == dimensions.size();
        for (int i = 0; fits && i < dimensions.size(); i++) {
            String dimension = dimensions.get(i);
            long size = shape.size(i);
            fits = isNumber(dimension)
                    ? Long.parseLong(dimension) == size
                    : symbols.merge(dimension, size, (known, _) -> known) == size;
        }
        if (!fits) {
            throw new IllegalArgumentException(
                    "input " + this + " cannot have shape " + shape + (symbols.isEmpty() ? "" : " where " + symbols));
        }
    }

    private static boolean isSize(String dimension) {
        return dimension.matches("[0-9]{1,19}") && new BigInteger(dimension).bitLength() < Long.SIZE;
    }

    private static boolean isNumber(String dimension) {
        return Character.isDigit(dimension.charAt(0));
    }

    @Override
    public String toString() {
        return name + " " + type + " [" + String.join(", ", dimensions) + "]";
    }
}
