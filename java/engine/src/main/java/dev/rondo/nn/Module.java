package dev.rondo.nn;

import dev.rondo.program.Value;
import dev.rondo.tensor.Tensor;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// A layer or a network of layers: parameters, and a function from a value to a value.
///
/// Subclasses register their parameters and the modules they are made of; names are PyTorch's, joined by dots:
/// `encoder.weight_ih_l0`.
///
/// {@snippet :
/// final class Tagger extends Module { private final Embedding embedding = register("embedding", new
///     Embedding(256, 32)); private final LSTM lstm = register("lstm", new LSTM(Recurrence.of(32,
///     96).bidirectional().batchFirst())); private final Linear linear = register("linear", new Linear(192,
///     10));
///
///     @Override
///     public Value forward(Value ids) {
///         return linear.forward(lstm.forward(embedding.forward(ids)));
///     }
/// }
/// }
///
/// Threads: any once it is made; but nothing may change weights that a model uses.
public abstract class Module {
    private final Map<String, Parameter> parameters = new LinkedHashMap<>();
    private final Map<String, Module> modules = new LinkedHashMap<>();

    /// A module without parameters yet.
    protected Module() {}

    /// Records what this module computes.
    public abstract Value forward(Value x);

    /// Makes a parameter known under a name.
    protected final Parameter register(String name, Parameter parameter) {
        requireNew(name);
        parameters.put(name, parameter);
        return parameter;
    }

    /// Makes a module, and with it its parameters, known under a name.
    protected final <M extends Module> M register(String name, M module) {
        requireNew(name);
        modules.put(name, module);
        return module;
    }

    private void requireNew(String name) {
        if (parameters.containsKey(name) || modules.containsKey(name)) {
            throw new IllegalArgumentException("there are two parts named " + name);
        }
    }

    /// All parameters by name, in the order they were registered.
    public final Map<String, Parameter> parameters() {
        Map<String, Parameter> all = new LinkedHashMap<>(parameters);
        modules.forEach((prefix, module) ->
                module.parameters().forEach((name, parameter) -> all.put(prefix + "." + name, parameter)));
        return all;
    }

    /// Number of weights: the elements of all parameters.
    public final long parameterCount() {
        return parameters().values().stream()
                .mapToLong(parameter -> parameter.shape().elements())
                .sum();
    }

    /// Draws all parameters anew from their layers' default distributions; the same seed gives the same values.
    public final void initialize(long seed) {
        initialize(seed, _ -> null);
    }

    /// Draws all parameters anew; a parameter's values depend on the seed and its name alone.
    ///
    /// @param initializers the distribution of the parameter of a name, or null for its layer's default
    /// @throws IllegalArgumentException if a distribution has nothing to say about its parameter's shape
    public final void initialize(long seed, Function<String, @Nullable Initializer> initializers) {
        parameters().forEach((name, parameter) -> {
            long own = seed * 1_000_003 + name.hashCode();
            Initializer initializer = initializers.apply(name);
            if (initializer == null) {
                parameter.initialize(own);
                return;
            }
            try {
                parameter.initialize(initializer, own);
            } catch (IllegalArgumentException e) {
                throw new IllegalArgumentException("parameter " + name + ": " + e.getMessage(), e);
            }
        });
    }

    /// Copies weights in from a state dict, such as `Safetensors.read(…).tensors()`.
    ///
    /// @throws IllegalArgumentException naming the tensor that is missing, left over, or of another shape or
    /// type
    public final void load(Map<String, Tensor> tensors) {
        Map<String, Parameter> known = parameters();
        known.forEach((name, parameter) -> {
            Tensor tensor = tensors.get(name);
            if (tensor == null) {
                throw new IllegalArgumentException("tensor " + name + " of shape " + parameter.shape() + " is missing");
            }
            try {
                parameter.load(tensor);
            } catch (IllegalArgumentException e) {
                throw new IllegalArgumentException("tensor " + name + ": " + e.getMessage(), e);
            }
        });
        for (String name : tensors.keySet()) {
            if (!known.containsKey(name)) {
                throw new IllegalArgumentException("tensor " + name + " belongs to no layer");
            }
        }
    }

    /// A parameter as a value of the program that x belongs to.
    static Value weight(Value x, Parameter parameter) {
        return x.recorder().weight(parameter.tensor());
    }
}
