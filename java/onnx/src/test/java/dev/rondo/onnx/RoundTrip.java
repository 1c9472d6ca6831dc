package dev.rondo.onnx;

import dev.rondo.Input;
import dev.rondo.Model;
import dev.rondo.Session;
import dev.rondo.nn.Module;
import dev.rondo.nn.Sequential;
import dev.rondo.onnx.graph.ElementType;
import dev.rondo.tensor.DataType;
import dev.rondo.tensor.Shape;
import dev.rondo.tensor.Tensor;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/// A model that is written, run in ONNX Runtime, and read again: three times the same outputs.
///
/// @param parts what the model is made of
record RoundTrip(String name, Model model, List<Module> parts) {
    static final long SEED = 5;

    RoundTrip(String name, Model model) {
        this(name, model, List.of());
    }

    /// A model of layers one after the other.
    static RoundTrip chain(String name, Input input, Module... chain) {
        return new RoundTrip(name, Model.of(sequential(chain), input), parts(chain));
    }

    /// The same over sequences of unequal lengths.
    static RoundTrip ragged(String name, Input input, Module... chain) {
        return new RoundTrip(name, Model.of(sequential(chain), input, Input.ids("lengths", "N")), parts(chain));
    }

    private static Module sequential(Module... chain) {
        Module module = new Sequential(chain);
        module.initialize(SEED);
        return module;
    }

    private static List<Module> parts(Module... chain) {
        return Stream.concat(Stream.of(new Sequential()), Stream.of(chain)).toList();
    }

    @Override
    public String toString() {
        return name;
    }

    /// Asserts that it is so, for two pairs of steps and samples.
    void assertSame(Path folder) throws IOException {
        Path file = folder.resolve("net.onnx");
        OnnxExport.write(model, name, file);
        for (int[] sizes : new int[][] {{7, 3}, {4, 1}}) {
            Map<String, Tensor> inputs = inputs(sizes[0], sizes[1]);
            Map<String, Tensor> own = run(inputs);
            Map<String, ElementType> types = new LinkedHashMap<>();
            inputs.forEach((input, tensor) ->
                    types.put(input, tensor.type() == DataType.F32 ? ElementType.FLOAT : ElementType.INT64));
            Map<String, Tensor> foreign = Comparison.onnxRuntime(Files.readAllBytes(file), inputs, types);
            Comparison.assertClose(name + " in ONNX Runtime", own, foreign, 2e-5);
            Comparison.assertClose(name + " read again", own, Comparison.rondo(file, inputs), 1e-6);
        }
        model.close();
    }

    private Map<String, Tensor> inputs(int steps, int samples) {
        Random random = new Random(SEED);
        Map<String, Tensor> inputs = new LinkedHashMap<>();
        for (Input input : model.inputs()) {
            Shape shape = Shape.of(input.dimensions().stream()
                    .mapToLong(dimension -> switch (dimension) {
                        case "T" -> steps;
                        case "N" -> samples;
                        case "K", "S" -> 5;
                        case "nodes" -> steps + 3;
                        default -> Long.parseLong(dimension);
                    })
                    .toArray());
            int count = (int) shape.elements();
            if (input.type() == DataType.F32) {
                float[] values = new float[count];
                for (int i = 0; i < count; i++) {
                    values[i] = 2 * random.nextFloat() - 1;
                }
                inputs.put(input.name(), Tensor.of(shape, values));
            } else {
                inputs.put(input.name(), Tensor.of(shape, integers(input, count, steps, samples, inputs, random)));
            }
        }
        return inputs;
    }

    private static long[] integers(
            Input input, int count, int steps, int samples, Map<String, Tensor> before, Random random) {
        return switch (input.name()) {
            case "left", "right" -> children(count, samples, random);
            case "places" -> random.longs(count, -1, 2L * count).toArray();
            case "transitions" -> transitions(before.get("lengths").toLongArray(), count, random);
            case "parents" -> parents(count, random);
            case "types" -> random.longs(count, 0, 2).toArray();
            case "types of 6" -> random.longs(count, 0, 6).toArray();
            default ->
                input.dimensions().contains("K")
                        ? random.longs(count, 0, samples).toArray()
                        : random.longs(count, 1, steps + 1L).toArray(); // lengths or ids
        };
    }

    /// Trees whose nodes are numbered in any order; some numbers are no nodes.
    private static long[] parents(int count, Random random) {
        List<Integer> order = new ArrayList<>(IntStream.range(0, count).boxed().toList());
        Collections.shuffle(order, random);
        long[] parents = new long[count];
        for (int i = 0; i < count; i++) {
            int above = i == 0 ? -1 : random.nextInt(-1, Math.min(i, 3));
            parents[order.get(i)] = i == count - 1 ? -2 : above < 0 ? -1 : order.get(i - 1 - above);
        }
        return parents;
    }

    /// For each step, nodes of its sequence that are there before it, or none; leaves are one more than steps.
    private static long[] children(int count, int samples, Random random) {
        int leaves = count / samples + 1;
        return IntStream.range(0, count)
                .mapToLong(i -> {
                    int node = random.nextInt(-1, leaves + i / samples);
                    return node < 0 ? -1 : node * samples + i % samples;
                })
                .toArray();
    }

    /// What a parser can do with sequences of such lengths.
    private static long[] transitions(long[] lengths, int count, Random random) {
        long[] transitions = new long[count];
        Arrays.fill(transitions, -100);
        for (int n = 0; n < lengths.length; n++) {
            int taken = 0;
            int depth = 0;
            for (int step = 0; step < 2 * lengths[n] - 1; step++) {
                boolean reduces = depth > 1 && (taken == lengths[n] || random.nextBoolean());
                transitions[step * lengths.length + n] = reduces ? 1 : 0;
                taken += reduces ? 0 : 1;
                depth += reduces ? -1 : 1;
            }
        }
        return transitions;
    }

    private Map<String, Tensor> run(Map<String, Tensor> inputs) {
        try (Session session =
                model.session(inputs.values().stream().map(Tensor::shape).toArray(Shape[]::new))) {
            inputs.forEach((name, tensor) -> session.input(name).copyFrom(tensor));
            session.run();
            Map<String, Tensor> outputs = new LinkedHashMap<>();
            session.outputs()
                    .forEach((name, tensor) -> outputs.put(
                            name,
                            Tensor.allocate(Arena.ofAuto(), tensor.shape(), tensor.type())
                                    .copyFrom(tensor)));
            return outputs;
        }
    }
}
