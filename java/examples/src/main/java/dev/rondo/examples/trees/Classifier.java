package dev.rondo.examples.trees;

import dev.rondo.nn.Functional;
import dev.rondo.nn.Linear;
import dev.rondo.nn.Losses;
import dev.rondo.nn.Module;
import dev.rondo.nn.Sequential;
import dev.rondo.program.Activation;
import dev.rondo.program.Value;
import dev.rondo.tensor.DataType;
import dev.rondo.tensor.Shape;
import dev.rondo.tensor.Tensor;
import java.util.List;
import java.util.function.Function;
import java.util.function.ToIntFunction;

/// A network that says of samples which class they are of: it reads each into one state, which two layers classify. How
/// it reads is what networks differ in; and whether they learn from the samples' classes alone, or also from those of
/// what they have read by the way.
///
/// @param <S> a sample
public abstract class Classifier<S> extends Module {
    /// The class of a state that nobody knows a class of.
    protected static final int UNKNOWN = -1;

    private final Module classifier;
    private final ToIntFunction<S> target;
    private final int classes;

    /// Takes note of the inputs of a program.
    @FunctionalInterface
    public interface Inputs {
        /// There is an input of this name.
        void input(String name, Shape shape, DataType type);
    }

    /// @param target  the class of a sample
    /// @param hidden  H, the width of a state
    /// @param classes how many there are
    @SuppressWarnings("this-escape") // to a method of Module, which only takes note of the part
    protected Classifier(ToIntFunction<S> target, int hidden, int classes) {
        this.target = target;
        this.classes = classes;
        this.classifier = register(
                "classifier",
                new Sequential(new Linear(hidden, hidden, true, Activation.RELU), new Linear(hidden, classes)));
    }

    /// How many classes there are.
    public final int classes() {
        return classes;
    }

    /// The class of a sample.
    public final int target(S sample) {
        return target.applyAsInt(sample);
    }

    /// The inputs for so many samples of up to this length.
    public abstract void declare(Inputs inputs, int count, int length);

    /// Writes samples to the inputs; where there are fewer than `count`, others count for nothing.
    public abstract void fill(Function<String, Tensor> inputs, List<S> batch, int count, int length);

    /// Writes what changes in the course of the training to the inputs; nothing, unless a network has such.
    ///
    /// @param progress the share of the training that is done, from 0 to 1
    public void anneal(Function<String, Tensor> inputs, double progress) {}

    /// The state of each sample, (count, H).
    protected abstract Value states(Function<String, Value> inputs);

    /// The states that a network learns from, (rows, H): each sample's, unless it knows of more.
    protected Value labelled(Function<String, Value> inputs) {
        return states(inputs);
    }

    /// How many they are.
    public int rows(int count, int length) {
        return count;
    }

    /// Their classes, (rows), [#UNKNOWN] where there is none.
    public long[] targets(List<S> batch, int count, int length) {
        return batch.stream().mapToLong(target::applyAsInt).toArray();
    }

    /// A score for each class, (count, classes).
    public final Value logits(Function<String, Value> inputs) {
        return classify(states(inputs));
    }

    /// The mean cross entropy of what there is to learn.
    ///
    /// @param targets (rows)
    public Value loss(Function<String, Value> inputs, Value targets) {
        Value logits = classify(labelled(inputs)).reshape(targets.shape().size(0), classes);
        return Losses.crossEntropy(logits, targets, null, UNKNOWN, 0);
    }

    /// A score for each class of states (…, H).
    public final Value classify(Value states) {
        return classifier.forward(Functional.contiguous(states));
    }

    /// The class with the best score in a row of logits.
    protected final int best(float[] logits, int row) {
        int at = row * classes;
        int best = 0;
        for (int c = 1; c < classes; c++) {
            best = logits[at + c] > logits[at + best] ? c : best;
        }
        return best;
    }

    @Override
    public final Value forward(Value x) {
        throw new UnsupportedOperationException("this network has several inputs: use logits");
    }
}
