package dev.rondo.cli;

import dev.rondo.Input;
import dev.rondo.Model;
import dev.rondo.Session;
import dev.rondo.bindings.OneDnnException;
import dev.rondo.tensor.Shape;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/// Sizes of inputs: those a model fixes, and those it leaves open under a symbol such as T.
final class Sizes {
    private Sizes() {}

    static boolean isNumber(String dimension) {
        return dimension.chars().allMatch(Character::isDigit);
    }

    /// A session for inputs of these shapes.
    ///
    /// @param name name of the model, for messages
    /// @throws InputException naming the model and the shapes if there can be no such session
    static Session session(Model model, String name, int threads, Shape... shapes) {
        return sessionOf(model, name + " with " + describe(model, shapes), threads, shapes);
    }

    /// A session for inputs of these shapes.
    ///
    /// @param origin what the shapes come from, for messages
    /// @throws InputException naming the origin if there can be no such session
    static Session sessionOf(Model model, String origin, int threads, Shape... shapes) {
        try {
            return model.session(threads, shapes);
        } catch (IllegalArgumentException e) {
            throw new InputException(origin + ": " + e.getMessage(), e);
        } catch (OneDnnException e) { // what oneDNN says of sizes beyond its own limits, among others
            throw new InputException(origin + ": cannot be computed here: " + e.getMessage(), e);
        } catch (OutOfMemoryError e) {
            throw new InputException(origin + ": takes more memory than there is", e);
        }
    }

    private static String describe(Model model, Shape... shapes) {
        return IntStream.range(0, shapes.length)
                .mapToObj(i -> model.inputs().get(i).name() + " " + shapes[i])
                .collect(Collectors.joining(", "));
    }

    /// The product of the sizes that the input leaves open.
    static long tokens(Input input, Shape shape) {
        long tokens = 1;
        for (int i = 0; i < shape.rank(); i++) {
            tokens *= isNumber(input.dimensions().get(i)) ? 1 : shape.size(i);
        }
        return tokens;
    }

    /// A shape to show what a model does: 100 steps T, those of an input of its own (`T_…`), too, and 1 for any other
    /// symbol.
    static Shape typical(Input input) {
        return Shape.of(input.dimensions().stream()
                .mapToLong(dimension -> switch (dimension) {
                    case String symbol when symbol.equals("T") || symbol.startsWith("T_") -> 100;
                    case String symbol when !isNumber(symbol) -> 1;
                    case String number -> Long.parseLong(number);
                })
                .toArray());
    }

    /// The shape that `--shape NAME=1,100` gives.
    ///
    /// @param sizes what stands after the equals sign
    static Shape parse(String option, String sizes) {
        if (!sizes.matches("\\d{1,18}(,\\d{1,18})*")) {
            throw new InputException("--shape " + option + ": write NAME=SIZE,SIZE such as ids=1,100");
        }
        try {
            return Shape.of(List.of(sizes.split(",")).stream()
                    .mapToLong(Long::parseLong)
                    .toArray());
        } catch (IllegalArgumentException e) {
            throw new InputException("--shape " + option + ": " + e.getMessage(), e);
        }
    }
}
