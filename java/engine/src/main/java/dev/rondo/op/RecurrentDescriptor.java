package dev.rondo.op;

import dev.rondo.program.Direction;

/// One direction of one recurrent layer over a batch of sequences, printed as oneDNN's test driver writes it:
/// `lstm_f32_fwd_inf_l2r:l1t64mb1_slc128_sic256_dhc256`.
///
/// @param cell       the cell
/// @param peephole   whether an LSTM's gates read the cell state
/// @param direction  order of the steps
/// @param steps      T
/// @param batch      N
/// @param input      width of the input, slc
/// @param hidden     units of each gate, dhc
/// @param projection width of the projected hidden state, dic; equal to `hidden` without a projection
public record RecurrentDescriptor(
        Cell cell,
        boolean peephole,
        Direction direction,
        long steps,
        long batch,
        long input,
        long hidden,
        long projection) {

    /// The same layer over another number of steps.
    RecurrentDescriptor withSteps(long steps) {
        return new RecurrentDescriptor(cell, peephole, direction, steps, batch, input, hidden, projection);
    }

    /// The same layer in another direction.
    RecurrentDescriptor withDirection(Direction direction) {
        return new RecurrentDescriptor(cell, peephole, direction, steps, batch, input, hidden, projection);
    }

    /// The same layer with an input of another width.
    RecurrentDescriptor withInput(long input) {
        return new RecurrentDescriptor(cell, peephole, direction, steps, batch, input, hidden, projection);
    }

    /// Whether the hidden state is projected to another width.
    boolean isProjected() {
        return projection != hidden;
    }

    @Override
    public String toString() {
        return cell + (peephole ? "_peephole" : "") + "_f32_fwd_inf_" + direction + ":l1t" + steps + "mb" + batch
                + "_slc" + input + "_sic" + projection + "_dhc" + hidden + (isProjected() ? "_dic" + projection : "");
    }
}
