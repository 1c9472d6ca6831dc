package dev.rondo.bench;

import java.util.Map;

/// A Tree-LSTM over a batch of trees, as each of the libraries under comparison computes it.
///
/// A training step is the mean squared error of all nodes' states, its gradients, and Adam with its usual settings.
public interface TreeContender extends AutoCloseable {
    double LEARNING_RATE = 1e-3;

    /// Computes the states of all nodes.
    void run();

    /// The states of the last run, by the numbers of [TreeShape#batch].
    float[] states();

    /// Takes a training step.
    ///
    /// @return the loss before it
    float step();

    /// The weights by Rondo's names.
    Map<String, float[]> weights();

    @Override
    void close();

    /// The libraries to compare.
    enum Library {
        /// All nodes of a level at once.
        RONDO {
            @Override
            TreeContender open(TreeShape shape, int threads) {
                return new RondoTrees(shape, threads);
            }
        },
        /// Node by node.
        LIBTORCH {
            @Override
            TreeContender open(TreeShape shape, int threads) {
                return new LibtorchTrees(shape, threads);
            }
        };

        abstract TreeContender open(TreeShape shape, int threads);
    }
}
