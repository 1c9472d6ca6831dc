package dev.rondo.bench;

import java.util.Map;

/// How far Rondo and libtorch are apart after some steps from the same weights on the same minibatch.
///
/// @param loss    the largest relative difference of the losses
/// @param weights the mean difference of the weights, in learning rates: Adam moves each weight by up to one a step
record Agreement(double loss, double weights) {
    private static final double LARGEST_LOSS = 1e-5;
    private static final double LARGEST_WEIGHTS = 1e-2;

    /// Takes the steps.
    ///
    /// @throws IllegalStateException if the results disagree
    static Agreement of(LayerShape shape, int threads, int steps) {
        try (Training rondo = Training.Library.RONDO.training(shape, threads);
                Training peer = Training.Library.LIBTORCH.training(shape, threads)) {
            double loss = 0;
            for (int i = 0; i < steps; i++) {
                double expected = peer.step();
                loss = Math.max(loss, Math.abs(rondo.step() - expected) / expected);
            }
            Agreement agreement = new Agreement(loss, distance(rondo.weights(), peer.weights()));
            // Written so that NaN fails.
            if (!(loss < LARGEST_LOSS && agreement.weights < LARGEST_WEIGHTS)) {
                throw new IllegalStateException(shape + ": Rondo and libtorch do not agree: " + agreement);
            }
            return agreement;
        }
    }

    private static double distance(Map<String, float[]> some, Map<String, float[]> others) {
        if (!some.keySet().equals(others.keySet())) {
            throw new IllegalStateException("weights are named " + some.keySet() + " and " + others.keySet());
        }
        double sum = 0;
        long count = 0;
        for (Map.Entry<String, float[]> entry : some.entrySet()) {
            float[] values = entry.getValue();
            float[] other = others.get(entry.getKey());
            for (int i = 0; i < values.length; i++) {
                sum += Math.abs(values[i] - other[i]);
            }
            count += values.length;
        }
        return sum / count / Training.LEARNING_RATE;
    }
}
