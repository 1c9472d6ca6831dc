package dev.rondo.train;

import dev.rondo.kernel.UpdateRule;
import dev.rondo.kernel.UpdateSchedule;
import dev.rondo.nn.Parameter;
import dev.rondo.tensor.DataType;
import dev.rondo.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;

/// How parameters follow their gradients. Formulas, arguments and defaults are those of PyTorch's
/// `torch.optim`.
///
/// {@snippet :
/// Optimizer sgd = Optimizer.sgd(0.1, 0.9, 0, 1e-4, true);
/// sgd.learningRate(sgd.learningRate() / 2); // from the next step on
/// }
///
/// An optimizer keeps state for each parameter and counts its steps, so the training steps of all shapes share
/// one.
///
/// Threads: one at a time, the one that runs a training step.
public final class Optimizer {
    private final UpdateRule rule;
    private final UpdateSchedule schedule;
    private final Map<Parameter, List<Tensor>> state = new IdentityHashMap<>();

    private Optimizer(UpdateRule rule, double learningRate) {
        if (!(learningRate >= 0)) {
            throw new IllegalArgumentException("learning rate " + learningRate + " is negative");
        }
        this.rule = rule;
        this.schedule = new UpdateSchedule(learningRate);
    }

    /// Stochastic gradient descent: `p -= lr g`.
    public static Optimizer sgd(double learningRate) {
        return sgd(learningRate, 0, 0, 0, false);
    }

    /// Stochastic gradient descent with momentum: `b = momentum b + (1 - dampening) g`, `p -= lr b`.
    ///
    /// @param weightDecay times p is added to the gradient
    /// @param nesterov    whether `g + momentum b` takes the place of b
    public static Optimizer sgd(
            double learningRate, double momentum, double dampening, double weightDecay, boolean nesterov) {
        return new Optimizer(new UpdateRule.Sgd(momentum, dampening, weightDecay, nesterov), learningRate);
    }

    /// Adam with betas 0.9 and 0.999 and an eps of 1e-8. Source: Kingma and Ba 2014, arXiv 1412.6980.
    public static Optimizer adam(double learningRate) {
        return adam(learningRate, 0.9, 0.999, 1e-8, 0, false);
    }

    /// Adam.
    ///
    /// @param weightDecay times p is added to the gradient
    /// @param amsgrad     whether the largest second moment so far takes the place of the present one
    public static Optimizer adam(
            double learningRate, double beta1, double beta2, double eps, double weightDecay, boolean amsgrad) {
        return new Optimizer(new UpdateRule.Adam(beta1, beta2, eps, weightDecay, false, amsgrad), learningRate);
    }

    /// AdamW with betas 0.9 and 0.999 and an eps of 1e-8. Source: Loshchilov and Hutter 2017, arXiv 1711.05101.
    ///
    /// @param weightDecay times lr times p is taken from p; PyTorch's default is 0.01
    public static Optimizer adamW(double learningRate, double weightDecay) {
        return new Optimizer(new UpdateRule.Adam(0.9, 0.999, 1e-8, weightDecay, true, false), learningRate);
    }

    /// RMSprop. Source: Hinton's lecture 6e, 2012.
    ///
    /// @param alpha    how much of the old average is kept; PyTorch's default is 0.99
    /// @param centered whether the variance takes the place of the second moment
    public static Optimizer rmsProp(
            double learningRate, double alpha, double eps, double weightDecay, double momentum, boolean centered) {
        return new Optimizer(new UpdateRule.RmsProp(alpha, eps, weightDecay, momentum, centered), learningRate);
    }

    /// Adagrad. Source: Duchi, Hazan and Singer 2011.
    public static Optimizer adagrad(
            double learningRate, double lrDecay, double weightDecay, double initialAccumulator, double eps) {
        return new Optimizer(new UpdateRule.Adagrad(lrDecay, eps, weightDecay, initialAccumulator), learningRate);
    }

    /// The learning rate of the next step.
    public double learningRate() {
        return schedule.learningRate();
    }

    /// Changes the learning rate from the next step on.
    public void learningRate(double rate) {
        schedule.learningRate(rate);
    }

    /// Number of steps done.
    public long steps() {
        return schedule.step();
    }

    UpdateRule rule() {
        return rule;
    }

    UpdateSchedule schedule() {
        return schedule;
    }

    List<Tensor> state(Parameter parameter) {
        return state.computeIfAbsent(parameter, this::initialState);
    }

    private List<Tensor> initialState(Parameter parameter) {
        List<Tensor> arrays = new ArrayList<>();
        for (int i = 0; i < rule.stateCount(); i++) {
            Tensor array = Tensor.allocate(Arena.ofAuto(), parameter.shape(), DataType.F32);
            for (long j = 0; rule.initialState() != 0 && j < parameter.shape().elements(); j++) {
                array.data().setAtIndex(ValueLayout.JAVA_FLOAT, j, rule.initialState());
            }
            arrays.add(array);
        }
        return arrays;
    }
}
