package dev.rondo.kernel;

/// How an optimizer changes a parameter, in the words and with the formulas of PyTorch's `torch.optim`.
public sealed interface UpdateRule {
    /// The arrays of a parameter's size that the rule keeps between steps.
    int stateCount();

    /// What the state begins with.
    default float initialState() {
        return 0;
    }

    /// Stochastic gradient descent.
    record Sgd(double momentum, double dampening, double weightDecay, boolean nesterov) implements UpdateRule {
        @Override
        public int stateCount() {
            return momentum == 0 ? 0 : 1;
        }
    }

    /// Adam (Kingma and Ba 2014, arXiv 1412.6980), or AdamW (Loshchilov and Hutter 2017, arXiv 1711.05101) if the
    /// weight decay is decoupled.
    record Adam(double beta1, double beta2, double eps, double weightDecay, boolean decoupled, boolean amsgrad)
            implements UpdateRule {
        @Override
        public int stateCount() {
            return amsgrad ? 3 : 2;
        }
    }

    /// RMSprop (Hinton's lecture 6e, 2012).
    record RmsProp(double alpha, double eps, double weightDecay, double momentum, boolean centered)
            implements UpdateRule {
        @Override
        public int stateCount() {
            return 3; // square average, gradient average, momentum
        }
    }

    /// Adagrad (Duchi, Hazan and Singer 2011).
    record Adagrad(double lrDecay, double eps, double weightDecay, double initialAccumulator) implements UpdateRule {
        @Override
        public int stateCount() {
            return 1;
        }

        @Override
        public float initialState() {
            return (float) initialAccumulator;
        }
    }
}
