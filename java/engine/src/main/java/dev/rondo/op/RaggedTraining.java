package dev.rondo.op;

import dev.rondo.program.Emitter;
import dev.rondo.program.Value;
import org.jspecify.annotations.Nullable;

/// One direction of a recurrent layer over sequences of unequal lengths in training.
///
/// @param emitter where the instructions go
/// @param ragged  how the sequences are aligned
/// @param aligned the aligned direction
record RaggedTraining(Emitter emitter, Ragged ragged, RecurrentTraining aligned) implements RecurrentTraining {
    /// Emits the forward pass.
    static RaggedTraining emit(Emitter emitter, Value lengths, OneDirection part) {
        Ragged ragged =
                Ragged.emit(emitter, lengths, part, part.descriptor().cell().hasCellState());
        RecurrentTraining aligned = RecurrentTraining.emit(emitter, ragged.aligned());
        ragged.emitResults();
        return new RaggedTraining(emitter, ragged, aligned);
    }

    @Override
    public StateGradients backward(
            OutputGradients given, InputGradients inputs, RecurrentBackward.WeightGradients weights) {
        OutputGradients output = ragged.emitAligned(given);
        InputGradients alignedInputs = new InputGradients(
                like(ragged.aligned().x(), inputs.x()), like(ragged.aligned().attention(), inputs.attention()));
        Value widened =
                emitter.temporary(ragged.aligned().weights().inputWeight().shape());
        RecurrentBackward.WeightGradients all = new RecurrentBackward.WeightGradients(
                widened,
                weights.stateWeight(),
                weights.inputBias(),
                weights.stateBias(),
                weights.projectionWeight(),
                weights.peepholeWeight());
        StateGradients state = aligned.backward(output, alignedInputs, all);
        emitter.copy(widened.slice(1, 0, weights.inputWeight().shape().size(1)), weights.inputWeight());
        ragged.emitInputGradients(alignedInputs, inputs);
        return state;
    }

    private @Nullable Value like(@Nullable Value aligned, @Nullable Value gradient) {
        return gradient == null ? null : emitter.temporary(aligned.shape());
    }
}
