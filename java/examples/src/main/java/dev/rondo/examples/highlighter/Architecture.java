package dev.rondo.examples.highlighter;

import dev.rondo.nn.DeepTransition;
import dev.rondo.nn.Embedding;
import dev.rondo.nn.LSTM;
import dev.rondo.nn.Linear;
import dev.rondo.nn.LookAhead;
import dev.rondo.nn.LookAheadConvolution;
import dev.rondo.nn.Module;
import dev.rondo.nn.RNN;
import dev.rondo.nn.Recurrence;
import dev.rondo.nn.Sequential;
import dev.rondo.program.Activation;

/// The networks that [ComparisonRecipe] sets side by side: bytes (T, N) give scores (T, N, 10). Each has the same
/// embedding and output, and between them layers as wide as a number of parameters lets them be.
public enum Architecture {
    /// One recurrent layer.
    RNN("RNN", 0) {
        @Override
        Body body(int width) {
            return new Body(rnn(EMBEDDING, width, 1), width);
        }
    },
    /// Three of them, one above the other.
    STACKED_RNN("RNN, 3 layers", 0) {
        @Override
        Body body(int width) {
            return new Body(rnn(EMBEDDING, width, 3), width);
        }
    },
    /// Three layers from step to step.
    DEEP_TRANSITION("DT-RNN, depth 3", 0) {
        @Override
        Body body(int width) {
            return new Body(new DeepTransition(EMBEDDING, width, 3), width);
        }
    },
    /// The same with a shortcut.
    DEEP_TRANSITION_SHORTCUT("DT(S)-RNN, depth 3", 0) {
        @Override
        Body body(int width) {
            return new Body(new DeepTransition(EMBEDDING, width, 3, true, Activation.TANH), width);
        }
    },
    /// A layer between state and output.
    DEEP_OUTPUT("DO-RNN", 0) {
        @Override
        Body body(int width) {
            return new Body(new Sequential(rnn(EMBEDDING, width, 1), hidden(width)), width);
        }
    },
    /// Two layers from step to step, and one between state and output.
    DEEP_OUTPUT_TRANSITION("DOT(S)-RNN, depth 2", 0) {
        @Override
        Body body(int width) {
            DeepTransition transition = new DeepTransition(EMBEDDING, width, 2, true, Activation.TANH);
            return new Body(new Sequential(transition, hidden(width)), width);
        }
    },
    /// Two deep transitions, one above the other.
    STACKED_DEEP_TRANSITION("DT(S)-RNN, depth 2, 2 layers", 0) {
        @Override
        Body body(int width) {
            return new Body(
                    new Sequential(
                            new DeepTransition(EMBEDDING, width, 2, true, Activation.TANH),
                            new DeepTransition(width, width, 2, true, Activation.TANH)),
                    width);
        }
    },
    /// One LSTM.
    LSTM("LSTM", 0) {
        @Override
        Body body(int width) {
            return new Body(new LSTM(EMBEDDING, width), width);
        }
    },
    /// Two of them, one above the other.
    STACKED_LSTM("LSTM, 2 layers", 0) {
        @Override
        Body body(int width) {
            return new Body(new LSTM(Recurrence.of(EMBEDDING, width).layers(2)), width);
        }
    },
    /// A weighted sum of each feature and itself in the steps ahead.
    CONVOLUTION("LSTM, row convolution over 8 ahead", 8) {
        @Override
        Body body(int width) {
            return new Body(new Sequential(new LSTM(EMBEDDING, width), new LookAheadConvolution(width, 8)), width);
        }
    },
    /// From right to left anew for every step, from some steps ahead.
    WINDOW("LSTM, window of 4 ahead", 4) {
        @Override
        Body body(int width) {
            return new Body(new LookAhead(new LSTM(EMBEDDING, width), new LSTM(EMBEDDING, width), 1, 4), 2 * width);
        }
    },
    /// From right to left anew for every chunk of steps.
    CHUNKS("LSTM, chunks of 16 and 8 ahead", 23) {
        @Override
        Body body(int width) {
            return new Body(new LookAhead(new LSTM(EMBEDDING, width), new LSTM(EMBEDDING, width), 16, 8), 2 * width);
        }
    },
    /// From both ends.
    BIDIRECTIONAL("LSTM, both directions", Integer.MAX_VALUE) {
        @Override
        Body body(int width) {
            return new Body(new LSTM(Recurrence.of(EMBEDDING, width).bidirectional()), 2 * width);
        }
    };

    private static final int BYTES = 256;
    private static final int EMBEDDING = 32;
    private static final int CLASSES = TokenClass.values().length;

    private final String title;
    private final int ahead;

    Architecture(String title, int ahead) {
        this.title = title;
        this.ahead = ahead;
    }

    /// The layers between embedding and output.
    ///
    /// @param outputSize how many features they give
    record Body(Module layers, int outputSize) {}

    /// The layers, of a width.
    abstract Body body(int width);

    /// What it is, in a few words.
    public String title() {
        return title;
    }

    /// The most bytes ahead that a byte's scores depend on; `Integer.MAX_VALUE` for all.
    public int ahead() {
        return ahead;
    }

    /// The network whose number of parameters is nearest to this.
    Module network(long parameters) {
        Module network = network(1);
        for (int width = 2; network.parameterCount() < parameters; width++) {
            Module wider = network(width);
            if (wider.parameterCount() - parameters > parameters - network.parameterCount()) {
                break;
            }
            network = wider;
        }
        return network;
    }

    private Module network(int width) {
        Body body = body(width);
        return new Sequential(new Embedding(BYTES, EMBEDDING), body.layers(), new Linear(body.outputSize(), CLASSES));
    }

    private static RNN rnn(int inputSize, int width, int layers) {
        return new RNN(Recurrence.of(inputSize, width).layers(layers), dev.rondo.nn.RNN.Nonlinearity.TANH);
    }

    private static Linear hidden(int width) {
        return new Linear(width, width, true, Activation.RELU);
    }
}
