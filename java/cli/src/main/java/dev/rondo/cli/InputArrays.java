package dev.rondo.cli;

import dev.rondo.Input;
import dev.rondo.Model;
import dev.rondo.Session;
import dev.rondo.format.Npy;
import dev.rondo.tensor.DataType;
import dev.rondo.tensor.Shape;
import dev.rondo.tensor.Tensor;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// The arrays that `-i NAME=FILE` gives, one for each of a model's inputs and in their order.
///
/// @param given by input
record InputArrays(Map<Input, Given> given) {
    /// @param option the option, for messages
    /// @param tensor the file's array
    record Given(String option, Tensor tensor) {}

    /// Reads the files and checks them against the inputs. `-i FILE` is enough where there is one input.
    ///
    /// @param arena how long the arrays live
    /// @throws InputException naming the option at fault
    static InputArrays read(List<String> options, List<Input> inputs, Arena arena) throws IOException {
        Map<Input, Given> given = new LinkedHashMap<>();
        inputs.forEach(input -> given.put(input, null));
        for (String option : options) {
            int end = option.indexOf('=');
            String label = "-i " + option;
            if (end < 0 && inputs.size() != 1) {
                throw new InputException(label + ": write NAME=FILE, as the model has the inputs " + names(inputs));
            }
            Input input = end < 0 ? inputs.getFirst() : named(option.substring(0, end), inputs, label);
            if (given.get(input) != null) {
                throw new InputException(label + ": input " + input.name() + " is given twice");
            }
            Tensor tensor = Npy.read(Path.of(option.substring(end + 1)), arena);
            given.put(input, new Given(label, fitted(tensor, input, label)));
        }
        given.forEach((input, array) -> {
            if (array == null) {
                throw new InputException("-i " + input.name() + "=FILE is missing: the model has the input " + input);
            }
        });
        return new InputArrays(given);
    }

    private static Input named(String name, List<Input> inputs, String label) {
        return inputs.stream()
                .filter(input -> input.name().equals(name))
                .findFirst()
                .orElseThrow(() -> new InputException(
                        label + ": the model has no input named " + name + ", only " + names(inputs)));
    }

    private static String names(List<Input> inputs) {
        return String.join(", ", inputs.stream().map(Input::name).toList());
    }

    private static Tensor fitted(Tensor tensor, Input input, String label) {
        boolean widened = input.type() == DataType.I64 && tensor.type() == DataType.I32;
        Shape shape = tensor.shape();
        boolean fits = (widened || tensor.type() == input.type())
                && shape.rank() == input.dimensions().size();
        for (int i = 0; fits && i < shape.rank(); i++) {
            fits = !Sizes.isNumber(input.dimensions().get(i))
                    || Long.toString(shape.size(i)).equals(input.dimensions().get(i));
        }
        if (!fits) {
            throw new InputException(
                    label + ": is " + tensor.type() + " " + shape + ", which does not fit input " + input);
        }
        return widened ? Tensor.of(shape, tensor.toLongArray()) : tensor;
    }

    /// A session for arrays of these shapes, with the arrays copied in.
    ///
    /// @param model what they are inputs of
    /// @param name  name of the model, for messages
    Session session(Model model, String name, int threads) {
        Session session = Sizes.session(
                model,
                name,
                threads,
                given.values().stream().map(array -> array.tensor().shape()).toArray(Shape[]::new));
        given.forEach((input, array) -> session.input(input.name()).copyFrom(array.tensor()));
        return session;
    }

    /// Runs a session.
    ///
    /// @throws InputException if a value is out of range
    void run(Session session) {
        try {
            session.run();
        } catch (IllegalArgumentException e) {
            throw new InputException(
                    String.join(", ", given.values().stream().map(Given::option).toList()) + ": " + e.getMessage(), e);
        }
    }

    /// Elements in a batch: the product of the first input's dimensions that the model leaves open.
    long tokens() {
        Map.Entry<Input, Given> first = given.entrySet().iterator().next();
        return Sizes.tokens(first.getKey(), first.getValue().tensor().shape());
    }
}
