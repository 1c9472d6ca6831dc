package dev.rondo.bench;

import java.util.Map;

/// A step of training one recurrent layer, as each of the libraries under comparison does it: the mean squared error of
/// the outputs of all steps, its gradients, clipping by their norm, Adam with its usual settings.
///
/// All begin with the same weights, input and target.
public interface Training extends AutoCloseable {
    double LEARNING_RATE = 1e-3;
    double MAX_NORM = 1e-2; // smaller than the gradients' norm, so that all have to scale

    /// Takes one step.
    ///
    /// @return the loss before it
    float step();

    /// The weights by PyTorch's names.
    Map<String, float[]> weights();

    @Override
    void close();

    /// The libraries to compare.
    enum Library {
        RONDO {
            @Override
            Training training(LayerShape shape, int threads) {
                return new RondoTraining(shape, threads);
            }
        },
        LIBTORCH {
            @Override
            Training training(LayerShape shape, int threads) {
                return new LibtorchTraining(shape, threads);
            }
        };

        abstract Training training(LayerShape shape, int threads);
    }

    static float[] input(LayerShape shape) {
        return shape.random(2);
    }

    static float[] target(LayerShape shape) {
        return shape.random(3);
    }
}
