package dev.rondo.keras.layer;

import dev.rondo.keras.file.LayerConfig;
import dev.rondo.nn.Functional;
import dev.rondo.op.Pointwise;
import dev.rondo.program.Value;
import dev.rondo.tensor.Shape;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.LongStream;

/// Layers that only change the places of elements. What they give has no mask.
final class Reshaping {
    private Reshaping() {}

    static void register(Map<String, Layers.Factory> into) {
        into.put("Flatten", (config, _) -> {
            requireChannelsLast(config);
            return Layer.ending(call -> call.input().value().shape().rank() == 1
                    ? call.input().value().unsqueeze(1)
                    : Functional.flatten(call.input().value(), 1));
        });
        into.put("Reshape", (config, _) -> {
            long[] target = config.get("target_shape").asLongs();
            return Layer.ending(call -> reshaped(call.input().value(), target));
        });
        into.put("Permute", (config, _) -> {
            long[] order = config.get("dims").asLongs();
            return Layer.ending(call -> call.input()
                    .value()
                    .permute(IntStream.rangeClosed(0, order.length)
                            .map(i -> i == 0 ? 0 : Math.toIntExact(order[i - 1]))
                            .toArray()));
        });
        into.put("RepeatVector", (config, _) -> {
            int count = config.size("n");
            return Layer.ending(call -> {
                Value x = call.x(2);
                Shape shape = Shape.of(x.shape().size(0), count, x.shape().size(1));
                return call.record(Pointwise.expand(x.unsqueeze(1), shape));
            });
        });
    }

    static void requireChannelsLast(LayerConfig config) {
        if (!config.text("data_format", "channels_last").equals("channels_last")) {
            throw config.malformed("has its channels before its steps, which Rondo has not");
        }
    }

    /// Samples of another shape, of which one size may follow from the others (-1).
    private static Value reshaped(Value x, long... target) {
        long known = LongStream.of(target).filter(size -> size != -1).reduce(1, Math::multiplyExact);
        long samples = x.shape().size(0);
        long elements = samples == 0 ? 0 : x.shape().elements() / samples;
        long[] sizes = LongStream.concat(
                        LongStream.of(samples),
                        LongStream.of(target).map(size -> size == -1 ? elements / Math.max(1, known) : size))
                .toArray();
        return Functional.contiguous(x).reshape(sizes);
    }

    /// The first two dimensions as one.
    static Value joined(Value x) {
        long[] sizes = LongStream.of(x.shape().sizes()).skip(1).toArray();
        sizes[0] *= x.shape().size(0);
        return Functional.contiguous(x).reshape(sizes);
    }
}
