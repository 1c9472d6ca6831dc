package dev.rondo.nn;

import dev.rondo.op.Loop;
import dev.rondo.program.Recorder;
import dev.rondo.program.Value;
import dev.rondo.tensor.DataType;
import dev.rondo.tensor.Shape;
import dev.rondo.tensor.Tensor;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// A recurrent layer from left to right whose step is recorded for each step of a sequence, and may be anything:
///
/// ```
/// a = input(x)                           for all steps at once
/// h_t, … = step(a_t, h_{t-1}, …)         one step after the other
/// ```
///
/// What a step does with the input alone belongs into [#input], where it is one product over all steps. The gradients
/// of weights that steps share are one product over all steps, too. A session replays the instructions of the steps;
/// nothing else is left of the loop.
///
/// - x: (T, N, I); output: (T, N, H), the first state after each step
/// - states: (N, width) each, zeros at first
///
/// In a recording that streams, the states are carried from run to run. Of sequences of unequal lengths
/// ([dev.rondo.program.Recorder#lengths()]), the output is 0 behind the end of each, and final states are those after
/// its last step. T = 0 gives an empty output and the initial states as final ones.
///
/// A cell of one's own extends this class:
///
/// {@snippet :
/// final class Leaky extends RecurrentCell { // h' = 0.9 h + 0.1 tanh(W x + U h + b)
///     private final Linear fromInput;
///     private final Linear fromState;
///
///     Leaky(int inputSize, int hiddenSize) {
///         super(List.of(new State("h", hiddenSize)));
///         this.fromInput = register("input", new Linear(inputSize, hiddenSize));
///         this.fromState = register("state", new Linear(hiddenSize, hiddenSize, false, null));
///     }
///
///     @Override
///     public Value input(Value x) {
///         return fromInput.forward(x);
///     }
///
///     @Override
///     public List<Value> step(Value share, List<Value> states) {
///         Value h = states.getFirst();
///         Value candidate = Functional.tanh(Functional.add(share, fromState.forward(h)));
///         return List.of(Functional.add(Functional.multiply(h, 0.9), Functional.multiply(candidate, 0.1)));
///     }
/// }
/// }
public abstract class RecurrentCell extends Module {
    /// A state that a cell keeps between steps.
    ///
    /// @param name  such as `h`
    /// @param width number of elements for each sequence
    public record State(String name, int width) {}

    /// What a layer gives.
    ///
    /// @param output the first state after each step: (T, N, H)
    /// @param states all states after the last step, (N, width) each
    public record Output(Value output, List<Value> states) {
        public Output {
            states = List.copyOf(states);
        }
    }

    private final List<State> states;

    /// @param states at least one; the first is the output
    protected RecurrentCell(List<State> states) {
        this.states = List.copyOf(states);
        this.states.forEach(state -> Sizes.requirePositive(state.width(), "width of state " + state.name()));
    }

    /// The states that the cell keeps, the output first.
    public final List<State> states() {
        return states;
    }

    /// The input's share in the steps.
    ///
    /// @param x (T, N, I), all steps
    /// @return (T, N, …)
    public abstract Value input(Value x);

    /// Records a step.
    ///
    /// @param share  the input's share in this step: (N, …)
    /// @param states before the step, (N, width) each, dense
    /// @return the states after it, dense
    public abstract List<Value> step(Value share, List<Value> states);

    @Override
    public Value forward(Value x) {
        return run(x, null).output();
    }

    /// The output and the final states for initial states of zeros.
    public final Output forwardWithStates(Value x) {
        return run(x, null);
    }

    /// The output and the final states.
    ///
    /// @param initial (N, width) each, in the order of [#states()]
    public final Output forward(Value x, List<Value> initial) {
        if (initial.size() != states.size()) {
            throw new IllegalArgumentException(path() + " has " + states.size() + " states, not " + initial.size());
        }
        return run(x, initial);
    }

    private Output run(Value x, @Nullable List<Value> given) {
        if (x.shape().rank() != 3) {
            throw new IllegalArgumentException(path() + " needs an input of shape [T, N, features], not " + x.shape());
        }
        Recorder recorder = x.recorder();
        long steps = x.shape().size(0);
        long batch = x.shape().size(1);
        boolean carried = recorder.isStreaming() && given == null;
        List<Value> initial = given != null
                ? given.stream().map(Functional::contiguous).toList()
                : states.stream()
                        .map(state -> initial(recorder, state, batch, carried))
                        .toList();
        List<Value> outputs = new ArrayList<>();
        List<Value> now = initial;
        if (steps > 0) {
            Value share = input(x);
            Value lengths = recorder.lengths();
            Value mask = lengths == null ? null : Functional.sequenceMask(lengths, Shape.of(steps, batch, 1));
            if (recorder.isWriting()) {
                return loop(share, mask, initial);
            }
            for (long t = 0; t < steps; t++) {
                Value counts = mask == null ? null : mask.select(0, t);
                now = next(share.select(0, t), counts, now);
                outputs.add(output(counts, now).unsqueeze(0));
            }
        }
        if (carried) {
            for (int i = 0; i < states.size(); i++) {
                Value last = now.get(i);
                recorder.carry(
                        initial.get(i),
                        steps > 0
                                ? last
                                : recorder.record(new dev.rondo.op.Copy(last)).output());
            }
        }
        Value output = steps > 0
                ? joined(outputs)
                : recorder.literal(zeros(Shape.of(0, batch, states.getFirst().width())));
        return new Output(output, now);
    }

    private Output loop(Value share, @Nullable Value mask, List<Value> initial) {
        int count = initial.size();
        List<Value> sequences = mask == null ? List.of(share) : List.of(share, mask);
        Loop loop = share.recorder().record(new Loop(initial, sequences, given -> {
            Value counts = mask == null ? null : given.get(count + 1);
            List<Value> results = new ArrayList<>(next(given.get(count), counts, given.subList(0, count)));
            results.add(output(counts, results));
            return results;
        }));
        return new Output(loop.outputs().get(count), loop.outputs().subList(0, count));
    }

    /// The states after a step; sequences that have ended keep theirs.
    private List<Value> next(Value share, @Nullable Value counts, List<Value> before) {
        List<Value> after = step(share, before);
        if (counts == null) {
            return after;
        }
        List<Value> all = new ArrayList<>();
        for (int i = 0; i < after.size(); i++) {
            Value change = Functional.subtract(after.get(i), before.get(i));
            all.add(Functional.add(before.get(i), Functional.multiply(counts, change)));
        }
        return all;
    }

    private static Value output(@Nullable Value counts, List<Value> states) {
        Value h = states.getFirst();
        return counts == null ? h : Functional.multiply(counts, h);
    }

    /// A value of its own even of a single step: its state is carried, and no output.
    private static Value joined(List<Value> outputs) {
        return outputs.getFirst()
                .recorder()
                .record(new dev.rondo.op.Concat(outputs, 0))
                .output();
    }

    private Value initial(Recorder recorder, State state, long batch, boolean carried) {
        Shape shape = Shape.of(batch, state.width());
        return carried ? recorder.state(path() + "." + state.name(), shape) : recorder.literal(zeros(shape));
    }

    private static Tensor zeros(Shape shape) {
        return Tensor.allocate(Arena.ofAuto(), shape, DataType.F32);
    }
}
