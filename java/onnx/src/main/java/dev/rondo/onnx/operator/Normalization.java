package dev.rondo.onnx.operator;

import static dev.rondo.onnx.operator.Operators.single;

import dev.rondo.nn.Functional;
import dev.rondo.op.LayerNorm;
import dev.rondo.op.Pointwise;
import dev.rondo.op.Reduce;
import dev.rondo.op.Softmax;
import dev.rondo.program.Value;
import dev.rondo.tensor.Shape;
import dev.rondo.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/// Softmax and normalisations.
final class Normalization {
    private Normalization() {}

    static void register(Map<String, Operator> into) {
        single(into, "Softmax", "axis", call -> softmax(call, false));
        single(into, "LogSoftmax", "axis", call -> softmax(call, true));
        Operators.add(into, "LayerNormalization", "axis epsilon stash_type", Normalization::layerNormalization);
        single(into, "BatchNormalization", "epsilon momentum spatial training_mode", Normalization::batchNormalization);
        single(
                into,
                "InstanceNormalization",
                "epsilon",
                call -> groupNormalization(call, call.input(0).shape().size(1)));
        single(
                into,
                "GroupNormalization",
                "epsilon num_groups stash_type",
                call -> groupNormalization(call, call.integer("num_groups", 0)));
        single(into, "RMSNormalization", "axis epsilon stash_type", Normalization::rmsNormalization);
    }

    private static Value softmax(Call call, boolean logarithmic) {
        Value x = call.input(0);
        if (call.opset() < 13) {
            Value rows = Shapes.matrix(x, Shapes.dimension(call, x.shape(), 1));
            return call.record(new Softmax(rows, logarithmic)).reshape(x.shape().sizes());
        }
        int dimension = Shapes.dimension(call, x.shape(), -1);
        Value last = x.transpose(dimension, -1);
        return call.record(new Softmax(last, logarithmic)).transpose(dimension, -1);
    }

    private static List<Value> layerNormalization(Call call) {
        Value x = call.input(0);
        int axis = Shapes.dimension(call, x.shape(), -1);
        float eps = call.real("epsilon", 1e-5f);
        Value rows = Shapes.matrix(x, axis);
        long width = rows.shape().size(1);
        Value weight = vector(call, 1, width);
        Value bias = call.optional(2) == null ? null : vector(call, 2, width);
        Value y = call.record(new LayerNorm(rows, width, weight, bias, eps))
                .reshape(x.shape().sizes());
        if (!call.wants(1) && !call.wants(2)) {
            return List.of(y);
        }
        int[] dimensions = IntStream.range(axis, x.shape().rank()).toArray();
        Shape kept = Reduce.kept(x.shape(), dimensions);
        Value mean = call.record(new Reduce(Reduce.Function.MEAN, x, kept));
        Value centred = Functional.square(Functional.subtract(x, mean));
        Value variance = call.record(new Reduce(Reduce.Function.MEAN, centred, kept));
        Value deviation = Functional.sqrt(Functional.add(variance, call.literal(Shape.of(), eps)));
        return List.of(y, mean, Functional.divide(call.literal(Shape.of(), 1f), deviation));
    }

    private static Value vector(Call call, int input, long width) {
        Value value = call.input(input);
        if (value.shape().elements() != width) {
            throw new IllegalArgumentException(
                    "its scale and bias have " + width + " elements, not the shape " + value.shape());
        }
        return Shapes.reshaped(value, width);
    }

    /// `(x - mean) / sqrt(variance + eps) * scale + bias` for each channel, as one multiplication and one addition.
    private static Value batchNormalization(Call call) {
        Value x = call.input(0);
        if (call.flag("training_mode", false) || !call.flag("spatial", true)) {
            throw new IllegalArgumentException("it is in training mode, or not over channels, which Rondo does not do");
        }
        float eps = call.real("epsilon", 1e-5f);
        List<Tensor> given = List.of(
                call.known(1, "scale"), call.known(2, "bias"), call.known(3, "mean"), call.known(4, "variance"));
        Shape channels = channels(x);
        Tensor factor = call.derived().of("batch norm's factor " + eps, sources(call), () -> {
            float[] scale = given.get(0).toFloatArray();
            float[] variance = given.get(3).toFloatArray();
            for (int i = 0; i < scale.length; i++) {
                scale[i] = (float) (scale[i] / Math.sqrt((double) variance[i] + eps));
            }
            return Tensor.of(channels, scale);
        });
        Tensor shift = call.derived().of("batch norm's shift " + eps, sources(call), () -> {
            float[] bias = given.get(1).toFloatArray();
            float[] mean = given.get(2).toFloatArray();
            float[] factors = factor.toFloatArray();
            for (int i = 0; i < bias.length; i++) {
                bias[i] = (float) (bias[i] - (double) mean[i] * factors[i]);
            }
            return Tensor.of(channels, bias);
        });
        Value scaled = Functional.multiply(x, call.recorder().constant(factor));
        return Functional.add(scaled, call.recorder().constant(shift));
    }

    private static List<Tensor> sources(Call call) {
        List<Tensor> sources = new ArrayList<>();
        for (int i = 1; i <= 4; i++) {
            sources.add(call.source(i));
        }
        return sources;
    }

    /// The shape of one number a channel, which broadcasts to x (N, C, …).
    private static Shape channels(Value x) {
        long[] sizes = new long[x.shape().rank() - 1];
        Arrays.fill(sizes, 1);
        sizes[0] = x.shape().size(1);
        return Shape.of(sizes);
    }

    private static Value groupNormalization(Call call, long groups) {
        Value x = call.input(0);
        long samples = x.shape().size(0);
        if (groups < 1 || x.shape().size(1) % groups != 0 || samples == 0) {
            throw new IllegalArgumentException("it cannot divide " + x.shape() + " into " + groups + " groups");
        }
        long width = x.shape().elements() / (samples * groups);
        Value rows = Shapes.reshaped(x, samples * groups, width);
        Value normal = call.record(new LayerNorm(rows, width, null, null, call.real("epsilon", 1e-5f)))
                .reshape(x.shape().sizes());
        long[] channels = channels(x).sizes();
        boolean byGroup = call.has("num_groups") && call.opset() < 21;
        Value scale = byGroup ? repeated(call, 1, x, groups) : Shapes.reshaped(call.input(1), channels);
        Value bias = byGroup ? repeated(call, 2, x, groups) : Shapes.reshaped(call.input(2), channels);
        return Functional.add(Functional.multiply(normal, scale), bias);
    }

    /// One number a group as one a channel.
    private static Value repeated(Call call, int input, Value x, long groups) {
        Value columns = Shapes.reshaped(call.input(input), groups, 1);
        Shape shape = Shape.of(groups, x.shape().size(1) / groups);
        return call.record(Pointwise.expand(columns, shape)).reshape(channels(x).sizes());
    }

    private static Value rmsNormalization(Call call) {
        Value x = call.input(0);
        int[] dimensions = IntStream.range(
                        Shapes.dimension(call, x.shape(), -1), x.shape().rank())
                .toArray();
        Shape kept = Reduce.kept(x.shape(), dimensions);
        Value mean = call.record(new Reduce(Reduce.Function.MEAN, Functional.square(x), kept));
        Value root = Functional.sqrt(Functional.add(mean, call.literal(Shape.of(), call.real("epsilon", 1e-5f))));
        return Functional.multiply(Functional.divide(x, root), call.input(1));
    }
}
