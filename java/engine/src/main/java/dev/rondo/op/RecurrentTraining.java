package dev.rondo.op;

import dev.rondo.program.Emitter;
import dev.rondo.program.Value;
import org.jspecify.annotations.Nullable;

/// One direction of a recurrent layer in training: what its forward pass kept, and the way back.
sealed interface RecurrentTraining permits StepTraining, PrimitiveTraining, RaggedTraining {
    /// Emits the forward pass, on the faster of the roads that can take it.
    ///
    /// @param part `part.last()` is where the final state goes
    static RecurrentTraining emit(Emitter emitter, OneDirection part) {
        return StepTraining.serves(part.descriptor())
                ? new StepTraining(emitter, part)
                : new PrimitiveTraining(emitter, part);
    }

    /// The gradients that a direction's outputs receive.
    ///
    /// @param output (T, N, R) or null for zeros
    /// @param h      (N, R) or null
    /// @param c      (N, H) or null
    record OutputGradients(
            @Nullable Value output,
            @Nullable Value h,
            @Nullable Value c) {}

    /// Where the gradients of a direction's inputs go, null where nobody needs them.
    ///
    /// @param x         (T, N, I)
    /// @param attention (T, N)
    record InputGradients(@Nullable Value x, @Nullable Value attention) {}

    /// The gradients that a direction's initial state gets.
    ///
    /// @param h (N, R)
    /// @param c (N, H), or null
    record StateGradients(Value h, @Nullable Value c) {}

    /// Emits the backward pass, once.
    ///
    /// @param weights where the gradients of the weights go
    StateGradients backward(OutputGradients given, InputGradients inputs, RecurrentBackward.WeightGradients weights);
}
