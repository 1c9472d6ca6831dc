package dev.rondo.op;

import dev.rondo.program.Emitter;
import dev.rondo.program.Op;
import dev.rondo.program.Recorder;
import dev.rondo.program.Value;
import dev.rondo.tensor.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.stream.LongStream;
import java.util.stream.Stream;

/// Steps over sequences whose operations are recorded once, for all steps: only in a recording that is written down
/// ([Recorder#isWriting()]), since a program has each step's own.
///
/// The step is given stand-ins for the states before it, and for its parts of the sequences (T, …), which lack T; it
/// gives the states after it, and what is to be kept of each step. The outputs are the last states, and what was kept,
/// (T, …).
public final class Loop extends Op {
    private final int stateCount;
    private final List<Value> given;
    private final List<Value> results;
    private final List<Op> body;

    /// @param states    before the first step
    /// @param sequences at least one, of equal length
    /// @param step      records the step's operations
    public Loop(List<Value> states, List<Value> sequences, UnaryOperator<List<Value>> step) {
        super(Stream.concat(states.stream(), sequences.stream()).toList());
        this.stateCount = states.size();
        Recorder recorder = sequences.getFirst().recorder();
        long steps = sequences.getFirst().shape().size(0);
        this.given = Stream.concat(
                        states.stream().map(state -> recorder.allocate(state.shape(), state.type())),
                        sequences.stream().map(sequence -> recorder.allocate(tail(sequence.shape()), sequence.type())))
                .toList();
        int before = recorder.operations().size();
        this.results = List.copyOf(step.apply(given));
        List<Op> all = recorder.operations();
        this.body = all.subList(before, all.size());
        List<Value> outputs = new ArrayList<>();
        for (int i = 0; i < results.size(); i++) {
            Shape shape = results.get(i).shape();
            outputs.add(recorder.allocate(
                    i < stateCount ? shape : head(steps, shape), results.get(i).type()));
        }
        gives(outputs.toArray(Value[]::new));
    }

    private static Shape tail(Shape shape) {
        return Shape.of(LongStream.of(shape.sizes()).skip(1).toArray());
    }

    private static Shape head(long steps, Shape shape) {
        return Shape.of(LongStream.concat(LongStream.of(steps), LongStream.of(shape.sizes()))
                .toArray());
    }

    /// How many states there are: the first of the inputs, of what is given, of the results and of the outputs.
    public int stateCount() {
        return stateCount;
    }

    /// What stands for the states before a step, and then for its parts of the sequences.
    public List<Value> given() {
        return given;
    }

    /// The states after a step, and then what is kept of it.
    public List<Value> results() {
        return results;
    }

    /// The operations of a step, which are also among the recording's.
    public List<Op> body() {
        return body;
    }

    /// @throws UnsupportedOperationException always: it is written, not run
    @Override
    public void forward(Emitter emitter) {
        throw new UnsupportedOperationException("a loop is written down, not run");
    }
}
