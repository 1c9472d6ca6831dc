package dev.rondo.nn;

import dev.rondo.program.Value;
import dev.rondo.tensor.Tensor;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
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
    private @Nullable Module parent; // the first that this module was registered with
    private String name = getClass().getSimpleName();

    /// A module without parameters yet.
    protected Module() {}

    /// Records what this module computes. Recurrent layers carry their states from run to run where the
    /// recorder is streaming, and read sequences of unequal lengths where it has lengths.
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
        Module part = module;
        part.belongsTo(this, name);
        return module;
    }

    private void belongsTo(Module owner, String as) {
        if (parent == null) {
            parent = owner;
            name = as;
        }
    }

    /// This module's name among all of the network's, `encoder.lstm`: the name it was first registered under,
    /// or its class where it is no part of another module.
    public final String path() {
        return parent == null || parent.parent == null ? name : parent.path() + "." + name;
    }

    private void requireNew(String name) {
        if (parameters.containsKey(name) || modules.containsKey(name)) {
            throw new IllegalArgumentException("there are two parts named " + name);
        }
    }

    /// All parameters by name, in the order they were registered. One that several parts share has the first of
    /// its names.
    public final Map<String, Parameter> parameters() {
        Map<String, Parameter> all = new LinkedHashMap<>();
        Set<Parameter> known = new HashSet<>();
        names().forEach((name, parameter) -> {
            if (known.add(parameter)) {
                all.put(name, parameter);
            }
        });
        return all;
    }

    /// All names of parameters; some may be of the same one.
    private Map<String, Parameter> names() {
        Map<String, Parameter> all = new LinkedHashMap<>(parameters);
        modules.forEach((prefix, module) ->
                module.names().forEach((name, parameter) -> all.put(prefix + "." + name, parameter)));
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

    /// Copies weights in from a state dict, such as `Safetensors.read(…).tensors()`. A shared parameter may be
    /// there under any of its names, or under several with equal values.
    ///
    /// @throws IllegalArgumentException naming the tensor that is missing, left over, of another shape or type,
    ///                                  or not equal to another name's of the same parameter
    public final void load(Map<String, Tensor> tensors) {
        Map<String, Parameter> known = names();
        Map<Parameter, String> given = new HashMap<>();
        known.forEach((name, parameter) -> {
            if (tensors.containsKey(name)) {
                String first = given.putIfAbsent(parameter, name);
                if (first != null
                        && tensors.get(first).data().mismatch(tensors.get(name).data()) >= 0) {
                    throw new IllegalArgumentException(
                            "tensors " + first + " and " + name + " are one parameter, but not equal");
                }
            }
        });
        parameters().forEach((name, parameter) -> {
            if (!given.containsKey(parameter)) {
                throw new IllegalArgumentException("tensor " + name + " of shape " + parameter.shape() + " is missing");
            }
        });
        for (String name : tensors.keySet()) {
            if (!known.containsKey(name)) {
                throw new IllegalArgumentException("tensor " + name + " belongs to no layer");
            }
        }
        known.forEach((name, parameter) -> {
            try {
                if (tensors.containsKey(name)) {
                    parameter.load(tensors.get(name));
                }
            } catch (IllegalArgumentException e) {
                throw new IllegalArgumentException("tensor " + name + ": " + e.getMessage(), e);
            }
        });
    }

    /// A parameter as a value of the program that x belongs to.
    static Value weight(Value x, Parameter parameter) {
        return x.recorder().weight(parameter.tensor());
    }
}
