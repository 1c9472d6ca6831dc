package dev.rondo.nn;

import dev.rondo.program.Value;
import java.util.ArrayList;
import java.util.List;

/// Gated cells one after the other within a step: the deep transition of LSTMs and GRUs. The first cell reads the
/// input, the others only what became of the states.
///
/// ```
/// s_1 = cell_1(x_t, s_{t-1})      s_l = cell_l(s_{l-1})      s_t = s_L
/// ```
///
/// - x: (T, N, I); output: (T, N, H); states: those of the cells, which all have the same
/// - parameters: `0.…` of the first cell, `1.…` of the second, and so on
///
/// {@snippet :
/// Module encoder = new DeepTransitionCell(new GRUCell(32, 64), new GRUCell(0, 64), new GRUCell(0, 64));
/// }
///
/// Source: Pascanu et al. 2013, arXiv 1312.6026; Miceli Barone et al. 2017, arXiv 1707.07631 (GRUs).
public final class DeepTransitionCell extends RecurrentCell {
    private final RecurrentCell first;
    private final List<GatedCell> others = new ArrayList<>();

    /// @param first  reads the input
    /// @param others cells without an input, made with an input size of 0
    public DeepTransitionCell(RecurrentCell first, GatedCell... others) {
        super(first.states());
        this.first = register("0", first);
        for (GatedCell other : others) {
            if (!other.states().equals(first.states())) {
                throw new IllegalArgumentException("cells of a deep transition keep the same states, not "
                        + first.states() + " and " + other.states());
            }
            if (other.hasInput()) {
                throw new IllegalArgumentException(
                        "only the first cell of a deep transition has an input: make others with an input size of 0");
            }
            this.others.add(register(Integer.toString(this.others.size() + 1), other));
        }
    }

    @Override
    public Value input(Value x) {
        return first.input(x);
    }

    @Override
    public List<Value> step(Value share, List<Value> states) {
        List<Value> now = first.step(share, states);
        for (GatedCell other : others) {
            now = other.step(other.nothing(share.recorder(), share.shape().size(0)), now);
        }
        return now;
    }
}
