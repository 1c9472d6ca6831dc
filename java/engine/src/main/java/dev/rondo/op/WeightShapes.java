package dev.rondo.op;

import dev.rondo.tensor.Shape;

/// Checks the shapes of a recurrent layer's weights.
final class WeightShapes {
    private WeightShapes() {}

    /// Native code trusts what is checked here.
    static void require(Cell cell, Recurrent.Weights own, Recurrent.Weights first, boolean training) {
        String name = cell.toString();
        Shape inputShape = first.inputWeight().shape();
        Shape stateShape = first.stateWeight().shape();
        if (inputShape.rank() != 2 || stateShape.rank() != 2 || inputShape.size(0) % cell.gates() != 0) {
            throw new IllegalArgumentException(
                    name + " needs weights of shapes [G*H, I] and [G*H, R], not " + inputShape + " and " + stateShape);
        }
        long hidden = inputShape.size(0) / cell.gates();
        Shapes.requireWeight(own.inputWeight(), inputShape, name, "the input's weight");
        Shapes.requireWeight(
                own.stateWeight(), Shape.of(inputShape.size(0), stateShape.size(1)), name, "the state's weight");
        Shape bias = Shape.of(inputShape.size(0));
        if (own.inputBias() != null) {
            Shapes.requireWeight(own.inputBias(), bias, name, "the input's bias");
        }
        if (own.stateBias() != null) {
            Shapes.requireWeight(own.stateBias(), bias, name, "the state's bias");
        }
        boolean projected = own.projectionWeight() != null;
        if (projected) {
            Shape projection = Shape.of(stateShape.size(1), hidden);
            Shapes.requireWeight(own.projectionWeight(), projection, name, "the projection's weight");
        } else if (stateShape.size(1) != hidden) {
            throw new IllegalArgumentException(name + " of width " + hidden + " without a projection needs a state's"
                    + " weight of shape " + Shape.of(inputShape.size(0), hidden) + ", not " + stateShape);
        }
        if (own.peepholeWeight() != null) {
            Shapes.requireWeight(own.peepholeWeight(), Shape.of(3, hidden), name, "the peepholes' weight");
        }
        if ((projected || own.peepholeWeight() != null) && cell != Cell.LSTM) {
            throw new IllegalArgumentException(name + " has neither projections nor peepholes");
        }
        if (!training && own.values().anyMatch(value -> value.constant() == null)) {
            throw new IllegalArgumentException(name + " needs constant weights, each a tensor of its own");
        }
    }
}
