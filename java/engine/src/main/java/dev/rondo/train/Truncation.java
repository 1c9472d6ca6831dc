package dev.rondo.train;

import dev.rondo.nn.Functional;
import dev.rondo.program.Value;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/// Truncated back-propagation through time, TBPTT(k1, k2): a stream is learned in windows of k1 steps, and no gradient
/// goes back more than k2 steps.
///
/// The states after the window are carried to the next one without a gradient. In time,
///
/// - `k1 = k2`: a window is a run of its own, which begins where the last one ended.
/// - `k2 < k1`: the gradient is cut inside the window as well, every k2 steps from its end. All k1 steps give output.
/// - `k2 > k1`: the k2 - k1 steps before the window are run again with the present parameters, from the state carried
///   from there, so that gradients can reach them. Only the window's own k1 steps give output. Successive inputs
///   overlap: run r reads steps `r k1` to `r k1 + k2` of the stream, whose first k2 - k1 steps are thus no window's.
///
/// {@snippet :
/// Truncation truncation = new Truncation(10, 25);
/// TrainingStep.of(network, adam)
///         .input("x", Shape.of(truncation.inputSteps(), n, 64), DataType.F32)
///         .input("y", Shape.of(truncation.k1(), n), DataType.I64)
///         .state("h", Shape.of(1, n, 128))
///         .record(in -> {
///             Value h = truncation.forward(in, in.get("x"), List.of("h"), (x, states) -> {
///                 RNNBase.Output y = gru.forward(x, states.getFirst());
///                 return new Truncation.Output(y.output(), List.of(y.hN()));
///             });
///             return Losses.crossEntropy(linear.forward(h), in.get("y"));
///         });
/// }
///
/// Source: Williams and Peng 1990, "An efficient gradient-based algorithm for on-line training of recurrent network
/// trajectories"; the names are Sutskever's (2013).
///
/// @param k1 forward length: steps of a window, from one update to the next
/// @param k2 backward length: steps that a gradient may go back
public record Truncation(int k1, int k2) {
    /// A recurrent network as a function of a part of a sequence.
    @FunctionalInterface
    public interface Network {
        /// Records the network.
        ///
        /// @param x      (steps, …)
        /// @param states before the first step
        Output forward(Value x, List<Value> states);
    }

    /// What a recurrent network gives.
    ///
    /// @param output (steps, …)
    /// @param states after the last step, as many as it was given
    public record Output(Value output, List<Value> states) {}

    /// @throws IllegalArgumentException if a length is not positive
    public Truncation {
        TrainingStep.requirePositive(k1, "forward length k1");
        TrainingStep.requirePositive(k2, "backward length k2");
    }

    /// The steps that a run reads: the larger of k1 and k2.
    public int inputSteps() {
        return Math.max(k1, k2);
    }

    /// Records a network over a window, and carries its states to the next.
    ///
    /// @param in     where the states are
    /// @param x      the input, as many steps as [#inputSteps()], time first
    /// @param states names of the states
    /// @return the output of the window's k1 steps
    /// @throws IllegalArgumentException if x has another number of steps
    public Value forward(TrainingStep.Values in, Value x, List<String> states, Network network) {
        if (x.shape().rank() == 0 || x.shape().size(0) != inputSteps()) {
            throw new IllegalArgumentException("TBPTT(" + k1 + ", " + k2 + ") reads " + inputSteps()
                    + " steps at a time, not an input of shape " + x.shape());
        }
        List<Value> present = states.stream().map(in::get).toList();
        List<Value> outputs = new ArrayList<>();
        List<Long> ends = ends();
        long begin = 0;
        for (long end : ends) {
            Output part = network.forward(x.slice(0, begin, end), present);
            if (end == k1) {
                for (int i = 0; i < states.size(); i++) {
                    in.carry(states.get(i), part.states().get(i));
                }
            }
            outputs.add(part.output());
            present = k2 < k1 ? part.states().stream().map(Functional::detach).toList() : part.states();
            begin = end;
        }
        Value output = Functional.concat(outputs, 0);
        return output.slice(0, inputSteps() - k1, inputSteps());
    }

    /// Where the parts of a run end: at the cuts, and where the state is carried from.
    private List<Long> ends() {
        List<Long> ends = new ArrayList<>();
        if (k2 > k1) {
            ends.add((long) k1);
            ends.add((long) k2);
        } else {
            for (long end = k1; end > 0; end -= k2) {
                ends.add(end);
            }
            Collections.reverse(ends);
        }
        return ends;
    }
}
