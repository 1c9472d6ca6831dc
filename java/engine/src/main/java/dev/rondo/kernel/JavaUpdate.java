package dev.rondo.kernel;

import dev.rondo.program.Step;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;

/// Optimizers' steps in Java.
record JavaUpdate(
        UpdateRule rule,
        UpdateSchedule schedule,
        MemorySegment parameter,
        MemorySegment gradient,
        List<MemorySegment> state,
        long count)
        implements Step {
    private static final ValueLayout.OfFloat F32 = ValueLayout.JAVA_FLOAT;

    @Override
    public void run() {
        for (long i = 0; i < count; i++) {
            double p = parameter.getAtIndex(F32, i);
            double g = schedule.gradientScale() * (double) gradient.getAtIndex(F32, i);
            double next = switch (rule) {
                case UpdateRule.Sgd sgd -> sgd(sgd, i, p, g);
                case UpdateRule.Adam adam -> adam(adam, i, p, g);
                case UpdateRule.RmsProp rmsProp -> rmsProp(rmsProp, i, p, g);
                case UpdateRule.Adagrad adagrad -> adagrad(adagrad, i, p, g);
            };
            parameter.setAtIndex(F32, i, (float) next);
        }
    }

    private double get(int array, long i) {
        return state.get(array).getAtIndex(F32, i);
    }

    private double set(int array, long i, double value) {
        state.get(array).setAtIndex(F32, i, (float) value);
        return value;
    }

    private double sgd(UpdateRule.Sgd rule, long i, double p, double g) {
        double d = g + rule.weightDecay() * p;
        if (rule.momentum() != 0) {
            double b = set(0, i, schedule.step() == 1 ? d : rule.momentum() * get(0, i) + (1 - rule.dampening()) * d);
            d = rule.nesterov() ? d + rule.momentum() * b : b;
        }
        return p - schedule.learningRate() * d;
    }

    private double adam(UpdateRule.Adam rule, long i, double p, double g) {
        double lr = schedule.learningRate();
        double decayed = rule.decoupled() ? p * (1 - lr * rule.weightDecay()) : p;
        double d = rule.decoupled() ? g : g + rule.weightDecay() * p;
        double m = set(0, i, rule.beta1() * get(0, i) + (1 - rule.beta1()) * d);
        double v = set(1, i, rule.beta2() * get(1, i) + (1 - rule.beta2()) * d * d);
        double largest = rule.amsgrad() ? set(2, i, Math.max(get(2, i), v)) : v;
        double correction1 = 1 - Math.pow(rule.beta1(), schedule.step());
        double correction2 = 1 - Math.pow(rule.beta2(), schedule.step());
        return decayed - lr / correction1 * m / (Math.sqrt(largest) / Math.sqrt(correction2) + rule.eps());
    }

    private double rmsProp(UpdateRule.RmsProp rule, long i, double p, double g) {
        double d = g + rule.weightDecay() * p;
        double square = set(0, i, rule.alpha() * get(0, i) + (1 - rule.alpha()) * d * d);
        if (rule.centered()) {
            double average = set(1, i, rule.alpha() * get(1, i) + (1 - rule.alpha()) * d);
            square -= average * average;
        }
        double step = d / (Math.sqrt(square) + rule.eps());
        if (rule.momentum() != 0) {
            step = set(2, i, rule.momentum() * get(2, i) + step);
        }
        return p - schedule.learningRate() * step;
    }

    private double adagrad(UpdateRule.Adagrad rule, long i, double p, double g) {
        double d = g + rule.weightDecay() * p;
        double rate = schedule.learningRate() / (1 + (schedule.step() - 1) * rule.lrDecay());
        double sum = set(0, i, get(0, i) + d * d);
        return p - rate * d / (Math.sqrt(sum) + rule.eps());
    }
}
