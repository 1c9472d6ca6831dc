package dev.rondo.train;

import dev.rondo.op.Copy;
import dev.rondo.program.Recorder;
import dev.rondo.program.Value;
import dev.rondo.tensor.DataType;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/// An objective that is being recorded, with its inputs and carried states.
///
/// A state is an input of the [Program], and what it becomes is an output: whoever runs the program copies the
/// one to the other when the run has succeeded ([Execution#carry]).
final class Recording implements TrainingStep.Values {
    static final String LOSS = "loss";

    final Recorder recorder;
    final Value loss;
    private final Slots slots;
    private final Map<String, Value> values = new LinkedHashMap<>();
    private final Set<String> carried = new HashSet<>();

    Recording(Recorder recorder, Slots slots, TrainingStep.Objective objective) {
        this.recorder = recorder;
        this.slots = slots;
        slots.inputs.forEach((name, slot) -> values.put(name, recorder.input(name, slot.shape(), slot.type())));
        slots.states.forEach((name, shape) -> values.put(name, recorder.input(name, shape, DataType.F32)));
        this.loss = objective.loss(this);
        if (loss.shape().elements() != 1) {
            throw new IllegalArgumentException("a loss is a single number, not of shape " + loss.shape());
        }
        recorder.output(LOSS, loss);
    }

    /// The name of the output that a state becomes.
    static String next(String state) {
        return "next " + state;
    }

    @Override
    public Value get(String name) {
        return named(values, name, "input or state");
    }

    @Override
    public void carry(String name, Value next) {
        Value state = get(name);
        if (!slots.states.containsKey(name)) {
            throw new IllegalArgumentException(name + " is an input, not a state: nothing can be carried to it");
        }
        if (next.type() != DataType.F32 || !next.shape().equals(state.shape())) {
            throw new IllegalArgumentException(
                    "state " + name + " of shape " + state.shape() + " cannot become " + next);
        }
        if (!carried.add(name)) {
            throw new IllegalArgumentException("state " + name + " is carried twice");
        }
        recorder.output(next(name), own(next));
    }

    @Override
    public void output(String name, Value value) {
        recorder.output(name, value.isDense() && value.isComputed() ? value : own(value));
    }

    /// Memory that nothing else is named after.
    private Value own(Value value) {
        return recorder.record(new Copy(value)).output();
    }

    static <V> V named(Map<String, V> all, String name, String kind) {
        V one = all.get(name);
        if (one == null) {
            throw new IllegalArgumentException("there is no " + kind + " named " + name + ", only " + all.keySet());
        }
        return one;
    }
}
