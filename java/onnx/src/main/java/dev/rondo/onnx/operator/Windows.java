package dev.rondo.onnx.operator;

import static dev.rondo.onnx.operator.Operators.single;

import dev.rondo.format.MalformedFileException;
import dev.rondo.op.Convolution;
import dev.rondo.op.Pad;
import dev.rondo.op.Pool;
import dev.rondo.op.Reduce;
import dev.rondo.op.Window;
import dev.rondo.program.Value;
import dev.rondo.tensor.Shape;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;

/// Convolutions and pooling.
final class Windows {
    private Windows() {}

    static void register(Map<String, Operator> into) {
        single(into, "Conv", "auto_pad dilations group kernel_shape pads strides", Windows::convolution);
        Operators.add(
                into,
                "MaxPool",
                "auto_pad ceil_mode dilations kernel_shape pads storage_order strides",
                Windows::maxPool);
        single(
                into,
                "AveragePool",
                "auto_pad ceil_mode count_include_pad dilations kernel_shape pads strides",
                Windows::averagePool);
        single(into, "GlobalAveragePool", "", call -> global(call, Reduce.Function.MEAN));
        single(into, "GlobalMaxPool", "", call -> global(call, Reduce.Function.MAXIMUM));
    }

    private static Value convolution(Call call) {
        Value x = call.input(0);
        Value weight = call.input(1);
        long[] kernel = LongStream.of(weight.shape().sizes()).skip(2).toArray();
        long[] stated = call.integers("kernel_shape");
        if (stated != null && !Arrays.equals(stated, kernel)) {
            throw new IllegalArgumentException(
                    "its kernel_shape " + Arrays.toString(stated) + " is not that of its weight " + weight.shape());
        }
        return call.record(new Convolution(
                x, weight, call.optional(2), window(call, x.shape(), kernel), call.integer("group", 1)));
    }

    /// The window, padded as the attributes say; in the mode of ceilings as far as the last window reaches.
    private static Window window(Call call, Shape x, long... kernel) {
        int rank = kernel.length;
        if (x.rank() != rank + 2 || rank == 0) {
            throw new IllegalArgumentException("its window of " + rank + " dimensions does not go with " + x);
        }
        long[] strides = orOnes(call.integers("strides"), rank);
        long[] dilations = orOnes(call.integers("dilations"), rank);
        long[] before = new long[rank];
        long[] after = new long[rank];
        long[] pads = call.integers("pads");
        String mode = call.text("auto_pad", "NOTSET");
        if (pads != null && pads.length != 2 * rank || strides.length != rank || dilations.length != rank) {
            throw new IllegalArgumentException(
                    "its pads, strides and dilations do not go with a window of " + rank + " dimensions");
        }
        for (int i = 0; i < rank; i++) {
            long extent = (kernel[i] - 1) * dilations[i] + 1;
            switch (mode) {
                case "NOTSET" -> {
                    before[i] = pads == null ? 0 : pads[i];
                    after[i] = pads == null ? 0 : pads[rank + i];
                }
                case "VALID" -> {}
                case "SAME_UPPER", "SAME_LOWER" -> {
                    long windows = (x.size(i + 2) + strides[i] - 1) / strides[i];
                    long padding = Math.max(0, (windows - 1) * strides[i] + extent - x.size(i + 2));
                    before[i] = mode.equals("SAME_UPPER") ? padding / 2 : (padding + 1) / 2;
                    after[i] = padding - before[i];
                }
                default ->
                    throw new IllegalArgumentException("there is no auto_pad " + MalformedFileException.quote(mode));
            }
        }
        return new Window(kernel, strides, dilations, before, after);
    }

    private static long[] orOnes(long @Nullable [] given, int rank) {
        return given != null ? given : LongStream.generate(() -> 1).limit(rank).toArray();
    }

    private static long[] kernel(Call call) {
        long[] kernel = call.integers("kernel_shape");
        if (kernel == null) {
            throw new IllegalArgumentException("its kernel_shape is missing");
        }
        return kernel;
    }

    /// The window with so much more padding behind that what is left over at the end has a window, too, unless that
    /// would begin in the padding.
    private static Window withCeilings(Call call, Shape x, Window window) {
        if (!call.flag("ceil_mode", false)) {
            return window;
        }
        long[] after = window.after().clone();
        for (int i = 0; i < after.length; i++) {
            long extent = (window.kernel()[i] - 1) * window.dilation()[i] + 1;
            long stride = window.strides()[i];
            long size = x.size(i + 2) + window.before()[i];
            long windows = (size + after[i] - extent + stride - 1) / stride + 1;
            if ((windows - 1) * stride >= size) {
                windows--;
            }
            after[i] = (windows - 1) * stride + extent - size;
        }
        return new Window(window.kernel(), window.strides(), window.dilation(), window.before(), after);
    }

    private static List<Value> maxPool(Call call) {
        if (call.wants(1)) {
            throw new IllegalArgumentException("its second output, the indices, is one that Rondo does not have");
        }
        Value x = call.input(0);
        Window window = withCeilings(call, x.shape(), window(call, x.shape(), kernel(call)));
        return List.of(call.record(new Pool(Pool.Function.MAXIMUM, x, window)));
    }

    private static Value averagePool(Call call) {
        Value x = call.input(0);
        Window window = window(call, x.shape(), kernel(call));
        if (!call.flag("count_include_pad", false)) {
            return call.record(new Pool(Pool.Function.MEAN, x, withCeilings(call, x.shape(), window)));
        }
        if (!call.flag("ceil_mode", false)) {
            return call.record(new Pool(Pool.Function.MEAN_WITH_PADDING, x, window));
        }
        // Padding counts, but what the last windows reach beyond it does not.
        int rank = x.shape().rank();
        long[] before = new long[rank];
        long[] after = new long[rank];
        System.arraycopy(window.before(), 0, before, 2, rank - 2);
        System.arraycopy(window.after(), 0, after, 2, rank - 2);
        Window whole = withCeilings(call, x.shape(), window);
        long[] beyond = new long[rank - 2];
        for (int i = 0; i < beyond.length; i++) {
            beyond[i] = whole.after()[i] - window.after()[i];
        }
        Value padded = call.record(new Pad(x, before, after, 0));
        return call.record(new Pool(
                Pool.Function.MEAN,
                padded,
                new Window(window.kernel(), window.strides(), window.dilation(), new long[rank - 2], beyond)));
    }

    private static Value global(Call call, Reduce.Function function) {
        Value x = call.input(0);
        int[] spatial = IntStream.range(2, x.shape().rank()).toArray();
        return call.record(new Reduce(function, x, Reduce.kept(x.shape(), spatial)));
    }
}
