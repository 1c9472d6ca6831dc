package dev.rondo.keras.graph;

import dev.rondo.format.Json;
import dev.rondo.format.JsonField;
import dev.rondo.format.MalformedFileException;
import dev.rondo.keras.file.LayerConfig;
import dev.rondo.keras.file.Variables;
import dev.rondo.keras.layer.Call;
import dev.rondo.keras.layer.Flow;
import dev.rondo.keras.layer.Layer;
import dev.rondo.keras.layer.Layers;
import dev.rondo.program.Recorder;
import dev.rondo.program.Value;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/// A graph of layers: a model of Keras's classes `Sequential` or `Functional`, or such a model as a layer of another.
///
/// Source: Keras 3, `keras.Model.get_config`.
public final class Network implements Layer {
    private static final String SEQUENTIAL = "Sequential";
    private static final int MOST_CALLS = 5_000;

    private final LayerConfig config;
    private final List<LayerConfig> inputLayers = new ArrayList<>();
    private final List<LayerConfig> layers = new ArrayList<>();
    private final List<Node> nodes = new ArrayList<>(); // each after those that it reads
    private final List<Reference> inputs = new ArrayList<>();
    private final Map<String, Reference> outputs = new LinkedHashMap<>();

    private Network(LayerConfig config) {
        this.config = config;
    }

    /// Whether a class is one of models.
    static boolean isModel(LayerConfig config) {
        return config.className().equals(SEQUENTIAL)
                || config.className().equals("Functional")
                || config.className().equals("Model");
    }

    /// Makes a model's layers, with their weights.
    ///
    /// @throws MalformedFileException naming the layer, attribute or weight at fault
    public static Network of(LayerConfig config, Variables variables) {
        if (!isModel(config)) {
            throw config.malformed("is a model of its author's own class, which Rondo does not know");
        }
        Network network = new Network(config);
        boolean isSequential = config.className().equals(SEQUENTIAL);
        Map<String, Integer> counts = new HashMap<>();
        List<Node> unordered = new ArrayList<>();
        Set<String> names = new HashSet<>();
        for (JsonField entry : config.get("layers").elements()) {
            LayerConfig own = new LayerConfig(entry, config.file());
            if (!names.add(own.name())) {
                throw own.malformed("has the name of another layer");
            }
            boolean isInput = own.className().equals("InputLayer");
            String group = own.isFunction() || isSequential && isInput ? "" : unique(counts, own.className());
            if (isInput) {
                network.inputLayers.add(own);
                continue;
            }
            Variables weights = variables.part("layers").part(group);
            Layer layer = isModel(own) ? of(own, weights) : Layers.of(own, weights);
            if (!own.isFunction()) {
                network.layers.add(own);
            }
            if (isSequential) {
                network.append(own, layer);
            } else {
                List<JsonField> calls = own.calls();
                for (int i = 0; i < calls.size(); i++) {
                    unordered.add(Node.of(own, layer, i, calls.get(i)));
                }
            }
        }
        if (isSequential) {
            network.closeSequence();
        } else {
            network.close(unordered);
        }
        return network;
    }

    /// The name of a layer's group: its class's, and a number where there are several.
    private static String unique(Map<String, Integer> counts, String className) {
        String name = className
                .replaceAll("\\W", "")
                .replaceAll("(.)([A-Z][a-z]+)", "$1_$2")
                .replaceAll("([a-z])([A-Z])", "$1_$2")
                .toLowerCase(Locale.ROOT);
        int number = counts.merge(name, 1, Integer::sum) - 1;
        return number == 0 ? name : name + "_" + number;
    }

    private void append(LayerConfig own, Layer layer) {
        if (inputLayers.size() != 1) {
            throw config.malformed("does not begin with its input's shape: build the model before saving it");
        }
        String before = nodes.isEmpty()
                ? inputLayers.getFirst().name()
                : nodes.getLast().config().name();
        nodes.add(new Node(own, layer, 0, List.of(new Reference(before, 0, 0)), List.of(), null, List.of()));
    }

    private void closeSequence() {
        if (inputLayers.size() != 1 || nodes.isEmpty()) {
            throw config.malformed("has no input, or no layers");
        }
        inputs.add(new Reference(inputLayers.getFirst().name(), 0, 0));
        String last = nodes.getLast().config().name();
        outputs.put(last, new Reference(last, 0, 0));
    }

    private void close(List<Node> unordered) {
        if (unordered.size() > MOST_CALLS) {
            throw config.malformed("has more than " + MOST_CALLS + " calls of layers");
        }
        inputs.addAll(Reference.all(config.get("input_layers")));
        Set<CallKey> given = new HashSet<>();
        for (Reference input : inputs) {
            if (inputLayers.stream().noneMatch(layer -> layer.name().equals(input.layer()))) {
                throw config.malformed(
                        "has the input " + MalformedFileException.quote(input.layer()) + ", which is no input layer");
            }
            given.add(CallKey.of(input));
        }
        order(unordered, given);
        JsonField results = config.get("output_layers");
        boolean isNamed = results.value() instanceof Json.ObjectValue;
        List<Reference> references = Reference.all(results);
        List<String> names = isNamed ? List.copyOf(results.members().keySet()) : List.of();
        for (int i = 0; i < references.size(); i++) {
            Reference output = counted(references.get(i));
            if (!given.contains(CallKey.of(output))) {
                throw unknown(config, output);
            }
            outputs.put(name(names.size() == references.size() ? names.get(i) : output.layer()), output);
        }
        if (outputs.isEmpty()) {
            throw config.malformed("has no outputs");
        }
    }

    /// An output, its call counted from 0: Keras counts those of functional models from 1 here, and only here.
    private Reference counted(Reference output) {
        boolean isModel = layers.stream()
                .anyMatch(layer -> layer.name().equals(output.layer())
                        && isModel(layer)
                        && !layer.className().equals(SEQUENTIAL));
        return isModel ? new Reference(output.layer(), output.call() - 1, output.output()) : output;
    }

    /// A name for an output, with a number where the same layer gives several.
    private String name(String given) {
        String name = given;
        for (int i = 1; outputs.containsKey(name); i++) {
            name = given + "_" + i;
        }
        return name;
    }

    /// What a call of a layer is known by.
    private record CallKey(String layer, int number) {
        static CallKey of(Reference reference) {
            return new CallKey(reference.layer(), reference.call());
        }
    }

    private void order(List<Node> unordered, Set<CallKey> given) {
        List<Node> left = unordered;
        while (!left.isEmpty()) {
            List<Node> waiting = new ArrayList<>();
            for (Node node : left) {
                if (node.reads().stream().map(CallKey::of).allMatch(given::contains)) {
                    nodes.add(node);
                    given.add(new CallKey(node.config().name(), node.number()));
                } else {
                    waiting.add(node);
                }
            }
            if (waiting.size() == left.size()) {
                Node stuck = waiting.getFirst();
                throw unknown(
                        stuck.config(),
                        stuck.reads().stream()
                                .filter(reference -> !given.contains(CallKey.of(reference)))
                                .findFirst()
                                .orElseThrow());
            }
            left = waiting;
        }
    }

    private static MalformedFileException unknown(LayerConfig config, Reference reference) {
        return config.malformed("reads call " + reference.call() + " of "
                + MalformedFileException.quote(reference.layer()) + ", which nothing gives");
    }

    /// The layers, those for inputs left out.
    public List<LayerConfig> layers() {
        return List.copyOf(layers);
    }

    /// The layers for the inputs, in the order of the inputs.
    public List<LayerConfig> inputs() {
        return inputs.stream()
                .map(input -> inputLayers.stream()
                        .filter(layer -> layer.name().equals(input.layer()))
                        .findFirst()
                        .orElseThrow())
                .toList();
    }

    /// Names of the outputs: those of their layers, or those that the model has given them.
    public List<String> outputs() {
        return List.copyOf(outputs.keySet());
    }

    @Override
    public List<Flow> record(Call call) {
        if (call.inputs().size() != inputs.size()) {
            throw new IllegalArgumentException("it has " + inputs.size() + " inputs, but is given "
                    + call.inputs().size());
        }
        Map<CallKey, List<Flow>> flows = new HashMap<>();
        for (int i = 0; i < inputs.size(); i++) {
            Flow input = call.inputs().get(i);
            boolean isMasked = call.given() != null && inputs.size() == 1;
            flows.put(CallKey.of(inputs.get(i)), List.of(isMasked ? new Flow(input.value(), call.given()) : input));
        }
        for (Node node : nodes) {
            flows.put(new CallKey(node.config().name(), node.number()), record(node, call.recorder(), flows));
        }
        return outputs.values().stream()
                .map(output -> flow(config, output, flows))
                .toList();
    }

    private static List<Flow> record(Node node, Recorder recorder, Map<CallKey, List<Flow>> flows) {
        LayerConfig config = node.config();
        try {
            Value mask = node.mask() == null
                    ? null
                    : Call.floats(flow(config, node.mask(), flows).value());
            return node.layer()
                    .record(new Call(
                            recorder,
                            flows(config, node.inputs(), flows),
                            flows(config, node.states(), flows),
                            mask,
                            node.numbers()));
        } catch (IllegalArgumentException | ArithmeticException | IndexOutOfBoundsException e) {
            throw e instanceof LayerException ? (LayerException) e : new LayerException(config, e);
        }
    }

    private static List<Flow> flows(LayerConfig config, List<Reference> references, Map<CallKey, List<Flow>> flows) {
        return references.stream()
                .map(reference -> flow(config, reference, flows))
                .toList();
    }

    private static Flow flow(LayerConfig config, Reference reference, Map<CallKey, List<Flow>> flows) {
        List<Flow> outputs = flows.get(CallKey.of(reference));
        if (reference.output() < 0 || reference.output() >= outputs.size()) {
            throw new IllegalArgumentException("output " + reference.output() + " of layer "
                    + MalformedFileException.quote(reference.layer()) + " is not there for "
                    + MalformedFileException.quote(config.name()));
        }
        return outputs.get(reference.output());
    }

    /// A layer that does not go with what it reads.
    private static final class LayerException extends IllegalArgumentException {
        private static final long serialVersionUID = 1;

        LayerException(LayerConfig config, RuntimeException cause) {
            super(
                    "layer " + MalformedFileException.quote(config.name()) + " (" + config.className() + "): "
                            + cause.getMessage(),
                    cause);
        }
    }
}
