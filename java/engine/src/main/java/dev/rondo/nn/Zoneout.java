package dev.rondo.nn;

import dev.rondo.program.Value;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// Zoneout: in training, each element of a state keeps its value of the step before with probability p; inference takes
/// what is to be expected.
///
/// ```
/// training    s_t = s_{t-1} + m (s~_t - s_{t-1})            m is 0 with probability p, else 1
/// inference   s_t = s_{t-1} + (1 - p) (s~_t - s_{t-1})
/// ```
///
/// where s~_t is what the cell makes of s_{t-1}.
///
/// - x, output and states: those of the cell
/// - parameters: `cell.…`
///
/// Source: Krueger et al. 2017, arXiv 1606.01305.
public final class Zoneout extends RecurrentCell {
    private final RecurrentCell cell;
    private final double[] p;
    private final List<Dropout> drops = new ArrayList<>();

    /// @param p of each of the cell's states, in their order
    /// @throws IllegalArgumentException if there are more or fewer, or one is not from 0 to below 1
    public Zoneout(RecurrentCell cell, double... p) {
        super(cell.states());
        if (p.length != cell.states().size()) {
            throw new IllegalArgumentException("zoneout needs a probability for each of the states " + cell.states()
                    + ", not " + Arrays.toString(p));
        }
        this.cell = register("cell", cell);
        this.p = p.clone();
        for (double one : p) {
            if (!(one >= 0 && one < 1)) {
                throw new IllegalArgumentException("zoneout's probability is from 0 to below 1, not " + one);
            }
            drops.add(new Dropout(one));
        }
    }

    @Override
    public Value input(Value x) {
        return cell.input(x);
    }

    @Override
    public List<Value> step(Value share, List<Value> states) {
        List<Value> next = cell.step(share, states);
        List<Value> all = new ArrayList<>();
        for (int i = 0; i < p.length; i++) {
            if (p[i] == 0) {
                all.add(next.get(i));
                continue;
            }
            Value change = drops.get(i).forward(Functional.subtract(next.get(i), states.get(i)));
            all.add(Functional.add(states.get(i), Functional.multiply(change, 1 - p[i]))); // dropout divides by it
        }
        return all;
    }
}
