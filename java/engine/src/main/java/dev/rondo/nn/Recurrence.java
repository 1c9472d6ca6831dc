package dev.rondo.nn;

import dev.rondo.program.Direction;
import dev.rondo.program.Merge;
import java.util.Collections;
import java.util.List;

/// What all recurrent layers have in common: sizes, depth, directions and the order of dimensions.
///
/// {@snippet :
/// LSTM lstm = new LSTM(Recurrence.of(32, 96).layers(2).bidirectional().batchFirst());
/// }
///
/// @param inputSize   I, the width of x
/// @param hiddenSizes H of each stacked layer, lowest first
/// @param directions  one or both; states have them in this order
/// @param merge       how the outputs of both directions are joined
/// @param isBatchFirst whether x and output are (N, T, …) instead of (T, N, …); states never are
/// @param hasBias     whether there are biases
/// @param projSize    P, the width that an LSTM's hidden state is projected to; 0 for none
/// @param regularization what training drops
public record Recurrence(
        int inputSize,
        List<Integer> hiddenSizes,
        List<Direction> directions,
        Merge merge,
        boolean isBatchFirst,
        boolean hasBias,
        int projSize,
        Regularization regularization) {

    /// What training does so that a network does not learn its examples by heart. Inference does nothing of it.
    ///
    /// Source: Zaremba et al. 2014, arXiv 1409.2329 (between layers); Gal and Ghahramani 2016, arXiv 1512.05287
    /// (locked); Merity et al. 2017, arXiv 1708.02182 (of weights).
    ///
    /// @param dropout    probability with which an element of what a layer gives the next one is dropped
    /// @param isLocked   whether all steps of a run drop the same elements
    /// @param weightDrop probability with which a recurrent weight (`weight_hh`) is dropped for a run
    public record Regularization(double dropout, boolean isLocked, double weightDrop) {
        /// Nothing of it.
        public static final Regularization NONE = new Regularization(0, false, 0);

        /// @throws IllegalArgumentException if a probability is not between 0 and 1
        public Regularization {
            for (double p : new double[] {dropout, weightDrop}) {
                if (!(p >= 0 && p <= 1)) {
                    throw new IllegalArgumentException("dropout's probability is between 0 and 1, not " + p);
                }
            }
        }
    }

    /// @throws IllegalArgumentException if a size is not positive, or the projection is not narrower than the
    ///            state
    public Recurrence {
        hiddenSizes = List.copyOf(hiddenSizes);
        directions = List.copyOf(directions);
        Sizes.requirePositive(inputSize, "input size");
        if (hiddenSizes.isEmpty()) {
            throw new IllegalArgumentException("a recurrent network needs at least one layer");
        }
        for (int hiddenSize : hiddenSizes) {
            Sizes.requirePositive(hiddenSize, "hidden size");
            if (projSize < 0 || projSize >= hiddenSize) {
                throw new IllegalArgumentException(
                        "projection size " + projSize + " is not between 0 and the hidden size " + hiddenSize);
            }
        }
        if (merge == Merge.NONE && hiddenSizes.size() > 1) {
            throw new IllegalArgumentException(
                    "directions that are not joined leave nothing for a second layer to read");
        }
    }

    /// One layer from left to right, time first, with biases.
    public static Recurrence of(int inputSize, int hiddenSize) {
        return new Recurrence(
                inputSize,
                List.of(hiddenSize),
                List.of(Direction.LEFT_TO_RIGHT),
                Merge.CONCAT,
                false,
                true,
                0,
                Regularization.NONE);
    }

    /// So many layers, all of the first one's width.
    public Recurrence layers(int count) {
        if (count < 1) {
            throw new IllegalArgumentException("number of layers " + count + " is not positive");
        }
        return layers(Collections.nCopies(count, hiddenSizes.getFirst()));
    }

    /// Layers of these widths, lowest first.
    public Recurrence layers(List<Integer> hiddenSizes) {
        return new Recurrence(
                inputSize, hiddenSizes, directions, merge, isBatchFirst, hasBias, projSize, regularization);
    }

    /// Both directions, outputs side by side: left to right first.
    public Recurrence bidirectional() {
        return bidirectional(Merge.CONCAT);
    }

    /// Both directions, joined in this way.
    public Recurrence bidirectional(Merge merge) {
        List<Direction> both = List.of(Direction.LEFT_TO_RIGHT, Direction.RIGHT_TO_LEFT);
        return new Recurrence(inputSize, hiddenSizes, both, merge, isBatchFirst, hasBias, projSize, regularization);
    }

    /// From the last step to the first.
    public Recurrence reversed() {
        List<Direction> reverse = List.of(Direction.RIGHT_TO_LEFT);
        return new Recurrence(inputSize, hiddenSizes, reverse, merge, isBatchFirst, hasBias, projSize, regularization);
    }

    /// x and output as (N, T, …).
    public Recurrence batchFirst() {
        return new Recurrence(inputSize, hiddenSizes, directions, merge, true, hasBias, projSize, regularization);
    }

    /// Without biases.
    public Recurrence withoutBias() {
        return new Recurrence(inputSize, hiddenSizes, directions, merge, isBatchFirst, false, projSize, regularization);
    }

    /// The hidden state projected to P elements.
    public Recurrence projected(int projSize) {
        return new Recurrence(
                inputSize, hiddenSizes, directions, merge, isBatchFirst, hasBias, projSize, regularization);
    }

    /// Dropout with probability p between the layers.
    public Recurrence dropout(double p) {
        return regularized(new Regularization(p, false, regularization.weightDrop()));
    }

    /// Dropout with probability p between the layers, of the same elements at all steps.
    public Recurrence lockedDropout(double p) {
        return regularized(new Regularization(p, true, regularization.weightDrop()));
    }

    /// Dropout with probability p of the recurrent weights.
    public Recurrence weightDrop(double p) {
        return regularized(new Regularization(regularization.dropout(), regularization.isLocked(), p));
    }

    private Recurrence regularized(Regularization regularization) {
        return new Recurrence(
                inputSize, hiddenSizes, directions, merge, isBatchFirst, hasBias, projSize, regularization);
    }

    /// How a layer itself joins its directions; what remains to be done follows it.
    Merge joined() {
        return merge == Merge.SUM || merge == Merge.MEAN ? Merge.SUM : Merge.CONCAT;
    }

    /// R of a layer: the width of its hidden state.
    int stateSize(int layer) {
        return projSize > 0 ? projSize : hiddenSizes.get(layer);
    }

    /// The width of what a layer reads.
    int inputSize(int layer) {
        return layer == 0 ? inputSize : outputSize(layer - 1);
    }

    /// The width of what a layer gives.
    int outputSize(int layer) {
        return merge == Merge.CONCAT ? directions.size() * stateSize(layer) : stateSize(layer);
    }
}
