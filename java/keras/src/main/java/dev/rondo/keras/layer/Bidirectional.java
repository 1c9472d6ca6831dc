package dev.rondo.keras.layer;

import dev.rondo.format.JsonField;
import dev.rondo.keras.file.LayerConfig;
import dev.rondo.keras.file.Variables;
import dev.rondo.nn.Functional;
import dev.rondo.program.Value;
import java.util.ArrayList;
import java.util.List;

/// Two recurrent layers, of which one reads from the first step to the last, and the other from the last to the first.
///
/// @param forward  the former
/// @param backward the latter
/// @param merge    what becomes of their outputs: `concat`, `sum`, `mul`, `ave`, or `none` for both
record Bidirectional(RecurrentLayer forward, RecurrentLayer backward, String merge) implements Layer {
    static Bidirectional of(LayerConfig config, Variables variables) {
        JsonField mode = config.get("merge_mode");
        String merge = mode.isNull() ? "none" : mode.asString();
        if (!List.of("concat", "sum", "mul", "ave", "none").contains(merge)) {
            throw config.malformed("has an unknown merge_mode");
        }
        RecurrentLayer forward = RecurrentLayer.of(config.layer("layer"), variables.part("forward_layer"));
        RecurrentLayer backward = RecurrentLayer.of(config.layer("backward_layer"), variables.part("backward_layer"));
        if (forward.goBackwards() == backward.goBackwards()
                || forward.returnSequences() != backward.returnSequences()
                || forward.returnState() != backward.returnState()
                || forward.stateful() != backward.stateful()) {
            throw config.malformed("has two layers that do not go together");
        }
        config.requireAllKnown();
        boolean zero = forward.returnSequences();
        return new Bidirectional(forward.withZeroOutput(zero), backward.withZeroOutput(zero), merge);
    }

    @Override
    public boolean takesStates() {
        return true;
    }

    @Override
    public List<Flow> record(Call call) {
        SequenceRun run = SequenceRun.record(List.of(forward, backward), call);
        Value mask = forward.returnSequences() ? call.inputs().getFirst().mask() : null;
        List<Flow> flows = new ArrayList<>();
        // Keras turns round what the second layer gives, whichever way it reads.
        boolean isTurned = forward.returnSequences() && forward.goBackwards();
        merged(isTurned ? RecurrentLayer.reversed(run.output()) : run.output())
                .forEach(output -> flows.add(new Flow(output, mask)));
        if (forward.returnState()) {
            run.states().forEach(state -> flows.add(Flow.of(state)));
        }
        return flows;
    }

    private List<Value> merged(Value output) {
        Value one = output.slice(-1, 0, forward.units());
        Value other = output.slice(-1, forward.units(), output.shape().size(-1));
        return switch (merge) {
            case "concat" -> List.of(output);
            case "sum" -> List.of(Functional.add(one, other));
            case "mul" -> List.of(Functional.multiply(one, other));
            case "ave" -> List.of(Functional.multiply(Functional.add(one, other), 0.5));
            default -> List.of(one, other);
        };
    }
}
