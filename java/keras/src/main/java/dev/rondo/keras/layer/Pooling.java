package dev.rondo.keras.layer;

import dev.rondo.keras.file.LayerConfig;
import dev.rondo.nn.Functional;
import dev.rondo.op.Reduce;
import dev.rondo.program.Value;
import java.util.Map;

/// One vector for all steps.
final class Pooling {
    private Pooling() {}

    static void register(Map<String, Layers.Factory> into) {
        into.put("GlobalAveragePooling1D", (config, _) -> pooling(config, Pooling::mean));
        into.put(
                "GlobalMaxPooling1D",
                (config, _) -> pooling(
                        config,
                        call -> call.record(new Reduce(
                                Reduce.Function.MAXIMUM,
                                call.x(3),
                                call.x(3).shape().with(1, 1)))));
    }

    private static Layer pooling(LayerConfig config, Layer.Rule rule) {
        Reshaping.requireChannelsLast(config);
        boolean keeps = config.flag("keepdims", false);
        return Layer.ending(
                call -> keeps ? rule.record(call) : rule.record(call).select(1, 0));
    }

    /// The mean of the steps that count: (N, 1, F).
    private static Value mean(Call call) {
        Value x = call.x(3);
        Value mask = call.mask();
        if (mask == null) {
            return Functional.mean(x, 1).unsqueeze(1);
        }
        Value counts = mask.unsqueeze(2);
        Value sum = Functional.sum(MaskFunctions.cleared(x, counts), 1);
        return Functional.divide(sum, Functional.sum(counts, 1)).unsqueeze(1);
    }
}
