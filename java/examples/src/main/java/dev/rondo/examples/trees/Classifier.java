package dev.rondo.examples.trees;

import dev.rondo.nn.Functional;
import dev.rondo.nn.Linear;
import dev.rondo.nn.Module;
import dev.rondo.nn.Sequential;
import dev.rondo.program.Activation;
import dev.rondo.program.Value;
import dev.rondo.tensor.DataType;
import dev.rondo.tensor.Shape;
import dev.rondo.tensor.Tensor;
import java.util.List;
import java.util.function.Function;

/// A network that says of samples which class they are of: it reads each into one state, which two layers classify. How
/// it reads is what networks differ in.
///
/// @param <S> a sample
public abstract class Classifier<S> extends Module {
    private final Module classifier;
    private final int classes;

    /// Takes note of the inputs of a program.
    @FunctionalInterface
    public interface Inputs {
        /// There is an input of this name.
        void input(String name, Shape shape, DataType type);
    }

    /// @param hidden H, the width of a state
    @SuppressWarnings("this-escape") // to a method of Module, which only takes note of the part
    protected Classifier(int hidden, int classes) {
        this.classes = classes;
        this.classifier = register(
                "classifier",
                new Sequential(new Linear(hidden, hidden, true, Activation.RELU), new Linear(hidden, classes)));
    }

    /// How many classes there are.
    public final int classes() {
        return classes;
    }

    /// The inputs for so many samples of up to this length.
    public abstract void declare(Inputs inputs, int count, int length);

    /// Writes samples to the inputs; where there are fewer than `count`, others count for nothing.
    public abstract void fill(Function<String, Tensor> inputs, List<S> batch, int count, int length);

    /// The state of each sample, (count, H).
    protected abstract Value states(Function<String, Value> inputs);

    /// A score for each class, (count, classes).
    public final Value logits(Function<String, Value> inputs) {
        return classify(states(inputs));
    }

    /// A score for each class of states (…, H).
    public final Value classify(Value states) {
        return classifier.forward(Functional.contiguous(states));
    }

    @Override
    public final Value forward(Value x) {
        throw new UnsupportedOperationException("this network has several inputs: use logits");
    }
}
