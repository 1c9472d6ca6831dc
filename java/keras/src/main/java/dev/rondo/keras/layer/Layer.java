package dev.rondo.keras.layer;

import dev.rondo.program.Value;
import java.util.List;

/// A layer with its weights.
@FunctionalInterface
public interface Layer {
    /// Records a call.
    ///
    /// @return the outputs, in the order of Keras
    /// @throws IllegalArgumentException if the layer does not go with its inputs
    List<Flow> record(Call call);

    /// Whether a call may give it initial states.
    default boolean takesStates() {
        return false;
    }

    /// A layer of one input, whose output has the input's mask.
    static Layer passing(Rule rule) {
        return call -> List.of(new Flow(rule.record(call), call.input().mask()));
    }

    /// A layer with one output, which has no mask.
    static Layer ending(Rule rule) {
        return call -> List.of(Flow.of(rule.record(call)));
    }

    /// What a layer with one output computes.
    @FunctionalInterface
    interface Rule {
        /// @throws IllegalArgumentException if the layer does not go with its inputs
        Value record(Call call);
    }
}
