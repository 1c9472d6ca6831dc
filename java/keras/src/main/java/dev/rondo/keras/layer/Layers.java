package dev.rondo.keras.layer;

import dev.rondo.format.Json;
import dev.rondo.keras.file.LayerConfig;
import dev.rondo.keras.file.Variables;
import dev.rondo.nn.Functional;
import dev.rondo.op.Embedding;
import dev.rondo.op.LayerNorm;
import dev.rondo.op.Linear;
import dev.rondo.op.Pointwise;
import dev.rondo.op.Reduce;
import dev.rondo.program.Value;
import dev.rondo.tensor.DataType;
import dev.rondo.tensor.Shape;
import dev.rondo.tensor.Tensor;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// The layers that Rondo knows, by their classes.
public final class Layers {
    /// Makes a layer of its description and its weights.
    @FunctionalInterface
    interface Factory {
        Layer make(LayerConfig config, Variables variables);
    }

    private static final Map<String, Factory> LAYERS = new HashMap<>();
    private static final Map<String, Factory> FUNCTIONS = new HashMap<>(); // of keras.ops

    static {
        LAYERS.put("Dense", Layers::dense);
        LAYERS.put("Embedding", Layers::embedding);
        LAYERS.put("LayerNormalization", Layers::layerNormalization);
        LAYERS.put("Masking", (config, _) -> masking((float) config.number("mask_value", 0)));
        for (String recurrent : List.of("SimpleRNN", "LSTM", "GRU")) {
            LAYERS.put(recurrent, RecurrentLayer::of);
        }
        LAYERS.put("Bidirectional", Bidirectional::of);
        LAYERS.put("TimeDistributed", Layers::timeDistributed);
        Activations.register(LAYERS);
        Merging.register(LAYERS);
        Reshaping.register(LAYERS);
        Pooling.register(LAYERS);
        MaskFunctions.register(FUNCTIONS);
    }

    private Layers() {}

    /// Makes a layer.
    ///
    /// @throws dev.rondo.format.MalformedFileException naming the layer if Rondo does not know it, or one of its
    ///         attributes, or its weights do not go with it
    public static Layer of(LayerConfig config, Variables variables) {
        Factory factory = (config.isFunction() ? FUNCTIONS : LAYERS).get(config.className());
        if (factory == null) {
            throw config.malformed("is of a class that Rondo does not know");
        }
        Layer layer = factory.make(config, variables);
        config.requireAllKnown();
        return layer;
    }

    private static Layer dense(LayerConfig config, Variables variables) {
        int units = config.size("units");
        Tensor weight = variables.transposed(0, Variables.ANY, units);
        Tensor bias = config.flag("use_bias", true) ? variables.tensor(1, units) : null;
        ActivationFunction activation = ActivationFunction.of(config, "activation");
        return Layer.passing(call -> {
            Value y = call.record(new Linear(
                    call.x(),
                    call.recorder().constant(weight),
                    bias == null ? null : call.recorder().constant(bias),
                    activation.fused()));
            return activation.fused() == null ? activation.record().apply(y) : y;
        });
    }

    private static Layer embedding(LayerConfig config, Variables variables) {
        Tensor table = variables.tensor(0, config.size("input_dim"), config.size("output_dim"));
        boolean masksZero = config.flag("mask_zero", false);
        config.ignore("input_length");
        return call -> {
            Value ids = call.input().value();
            Value integers = ids.type() == DataType.I64 ? ids : call.record(Pointwise.cast(ids, DataType.I64));
            Value y = call.record(new Embedding(integers, call.recorder().constant(table), -1));
            return List.of(new Flow(y, masksZero ? MaskFunctions.differing(ids, 0) : null));
        };
    }

    private static Layer layerNormalization(LayerConfig config, Variables variables) {
        long[] axes = config.find("axis")
                .map(field -> field.value() instanceof Json.ArrayValue ? field.asLongs() : new long[] {field.asLong()})
                .orElse(new long[] {-1});
        if (axes.length != 1 || axes[0] != -1 && axes[0] != config.inputRank() - 1) {
            throw config.malformed("normalizes over more than the last dimension, which Rondo does not");
        }
        float eps = (float) config.number("epsilon", 1e-3);
        boolean scales = config.flag("scale", true);
        Tensor gamma = scales ? variables.tensor(0, Variables.ANY) : null;
        Tensor beta = config.flag("center", true) ? variables.tensor(scales ? 1 : 0, Variables.ANY) : null;
        return Layer.passing(call -> call.record(new LayerNorm(
                call.x(),
                call.x().shape().size(-1),
                gamma == null ? null : call.recorder().constant(gamma),
                beta == null ? null : call.recorder().constant(beta),
                eps)));
    }

    /// A step counts where any of its numbers differs from the value; the others become 0.
    private static Layer masking(float value) {
        return call -> {
            Value x = call.x();
            Value differs = MaskFunctions.differing(x, value);
            Shape kept = Reduce.kept(x.shape(), x.shape().rank() - 1);
            Value mask = call.record(new Reduce(Reduce.Function.MAXIMUM, differs, kept));
            return List.of(new Flow(MaskFunctions.cleared(x, mask), mask.select(-1, 0)));
        };
    }

    /// A layer over each step as if it were alone.
    private static Layer timeDistributed(LayerConfig config, Variables variables) {
        LayerConfig inner = config.layer("layer");
        Layer layer = of(inner, variables.part("layer"));
        if (layer instanceof RecurrentLayer recurrent && recurrent.stateful()
                || layer instanceof Bidirectional both && both.forward().stateful()) {
            throw config.malformed("has a stateful layer, whose state would pass from step to step");
        }
        return call -> {
            Value x = call.input().value();
            if (x.shape().rank() < 3) {
                throw new IllegalArgumentException(
                        "its input has steps of vectors at least, not the shape " + x.shape());
            }
            long samples = x.shape().size(0);
            long steps = x.shape().size(1);
            Value mask = call.mask();
            boolean ofSteps = mask == null || mask.shape().rank() < 3; // which is nothing to a layer of one step
            Flow flow = new Flow(Reshaping.joined(x), ofSteps ? null : Reshaping.joined(mask));
            List<Flow> outputs = layer.record(Call.of(flow));
            if (outputs.size() != 1) {
                throw new IllegalArgumentException("its layer gives " + outputs.size() + " outputs, not one");
            }
            Value y = Functional.contiguous(outputs.getFirst().value());
            long[] sizes = new long[y.shape().rank() + 1];
            sizes[0] = samples;
            sizes[1] = steps;
            System.arraycopy(y.shape().sizes(), 1, sizes, 2, sizes.length - 2);
            return List.of(new Flow(y.reshape(sizes), call.input().mask()));
        };
    }
}
