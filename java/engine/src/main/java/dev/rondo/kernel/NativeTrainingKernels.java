package dev.rondo.kernel;

import static dev.rondo.bindings.kernels.Kernels.*;

import dev.rondo.bindings.kernels.rondo_adagrad;
import dev.rondo.bindings.kernels.rondo_adam;
import dev.rondo.bindings.kernels.rondo_cross_entropy;
import dev.rondo.bindings.kernels.rondo_ctc;
import dev.rondo.bindings.kernels.rondo_rmsprop;
import dev.rondo.bindings.kernels.rondo_sgd;
import dev.rondo.program.Step;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;

/// The training kernels of `librondo`.
final class NativeTrainingKernels implements TrainingKernels {
    static final NativeTrainingKernels INSTANCE = new NativeTrainingKernels();

    private NativeTrainingKernels() {}

    @Override
    public void embeddingBackward(
            MemorySegment diffDst, MemorySegment ids, long count, long width, long padding, MemorySegment diffTable) {
        rondo_embedding_backward_f32(diffDst, ids, count, width, padding, diffTable);
    }

    @Override
    public void softmaxBackward(
            MemorySegment dst,
            MemorySegment diffDst,
            MemorySegment diffSrc,
            long rows,
            long width,
            boolean logarithmic) {
        rondo_softmax_backward_f32(dst, diffDst, diffSrc, rows, width, logarithmic ? 1 : 0);
    }

    @Override
    public LossKernel crossEntropy(CrossEntropyArguments arguments, Arena arena) {
        MemorySegment struct = rondo_cross_entropy.allocate(arena);
        rondo_cross_entropy.rows(struct, arguments.rows());
        rondo_cross_entropy.classes(struct, arguments.classes());
        rondo_cross_entropy.logits(struct, arguments.logits());
        rondo_cross_entropy.targets(struct, arguments.targets());
        rondo_cross_entropy.class_weight(struct, arguments.classWeight());
        rondo_cross_entropy.ignore_index(struct, arguments.ignoreIndex());
        rondo_cross_entropy.label_smoothing(struct, arguments.labelSmoothing());
        rondo_cross_entropy.reduction(struct, arguments.reduction().ordinal());
        return new LossKernel() {
            @Override
            public long forward(MemorySegment loss) {
                return rondo_cross_entropy_f32(struct, loss);
            }

            @Override
            public void backward(MemorySegment diffLoss, MemorySegment diffX) {
                rondo_cross_entropy_backward_f32(struct, diffLoss, diffX);
            }
        };
    }

    @Override
    public LossKernel ctc(CtcArguments arguments, Arena arena) {
        MemorySegment struct = rondo_ctc.allocate(arena);
        rondo_ctc.steps(struct, arguments.steps());
        rondo_ctc.batch(struct, arguments.batch());
        rondo_ctc.classes(struct, arguments.classes());
        rondo_ctc.width(struct, arguments.width());
        rondo_ctc.log_probs(struct, arguments.logProbs());
        rondo_ctc.targets(struct, arguments.targets());
        rondo_ctc.input_lengths(struct, arguments.inputLengths());
        rondo_ctc.target_lengths(struct, arguments.targetLengths());
        rondo_ctc.blank(struct, arguments.blank());
        rondo_ctc.alpha(struct, arguments.alpha());
        rondo_ctc.zero_infinity(struct, arguments.zeroInfinity() ? 1 : 0);
        rondo_ctc.reduction(struct, arguments.reduction().ordinal());
        MemorySegment scratch = arguments.scratch();
        return new LossKernel() {
            @Override
            public long forward(MemorySegment loss) {
                return rondo_ctc_f32(struct, loss);
            }

            @Override
            public void backward(MemorySegment diffLoss, MemorySegment diffX) {
                rondo_ctc_backward_f32(struct, diffLoss, scratch, diffX);
            }
        };
    }

    @Override
    public LossKernel pointwise(PointwiseLossArguments a) {
        int kind = a.loss().ordinal();
        int reduction = a.reduction().ordinal();
        return new LossKernel() {
            @Override
            public long forward(MemorySegment loss) {
                rondo_pointwise_loss_f32(
                        kind, a.parameter(), a.x(), a.target(), a.weight(), a.count(), reduction, loss);
                return -1;
            }

            @Override
            public void backward(MemorySegment diffLoss, MemorySegment diffX) {
                rondo_pointwise_loss_backward_f32(
                        kind, a.parameter(), a.x(), a.target(), a.weight(), a.count(), reduction, diffLoss, diffX);
            }
        };
    }

    @Override
    public Step update(
            UpdateRule rule,
            UpdateSchedule schedule,
            MemorySegment parameter,
            MemorySegment gradient,
            List<MemorySegment> state,
            long count,
            Arena arena) {
        return switch (rule) {
            case UpdateRule.Sgd sgd -> sgd(sgd, schedule, parameter, gradient, state, count, arena);
            case UpdateRule.Adam adam -> adam(adam, schedule, parameter, gradient, state, count, arena);
            case UpdateRule.RmsProp rmsProp -> rmsProp(rmsProp, schedule, parameter, gradient, state, count, arena);
            case UpdateRule.Adagrad adagrad -> adagrad(adagrad, schedule, parameter, gradient, state, count, arena);
        };
    }

    private static MemorySegment orNull(List<MemorySegment> state, int index, boolean used) {
        return used ? state.get(index) : MemorySegment.NULL;
    }

    private static Step sgd(
            UpdateRule.Sgd rule,
            UpdateSchedule schedule,
            MemorySegment parameter,
            MemorySegment gradient,
            List<MemorySegment> state,
            long count,
            Arena arena) {
        MemorySegment settings = rondo_sgd.allocate(arena);
        rondo_sgd.momentum(settings, rule.momentum());
        rondo_sgd.dampening(settings, rule.dampening());
        rondo_sgd.weight_decay(settings, rule.weightDecay());
        rondo_sgd.nesterov(settings, rule.nesterov() ? 1 : 0);
        MemorySegment momentum = orNull(state, 0, rule.momentum() != 0);
        return () -> {
            rondo_sgd.lr(settings, schedule.learningRate());
            rondo_sgd.step(settings, schedule.step());
            rondo_sgd.gradient_scale(settings, schedule.gradientScale());
            rondo_sgd_f32(settings, parameter, gradient, momentum, count);
        };
    }

    private static Step adam(
            UpdateRule.Adam rule,
            UpdateSchedule schedule,
            MemorySegment parameter,
            MemorySegment gradient,
            List<MemorySegment> state,
            long count,
            Arena arena) {
        MemorySegment settings = rondo_adam.allocate(arena);
        rondo_adam.beta1(settings, rule.beta1());
        rondo_adam.beta2(settings, rule.beta2());
        rondo_adam.eps(settings, rule.eps());
        rondo_adam.weight_decay(settings, rule.weightDecay());
        rondo_adam.decoupled(settings, rule.decoupled() ? 1 : 0);
        MemorySegment average = state.get(0);
        MemorySegment square = state.get(1);
        MemorySegment largest = orNull(state, 2, rule.amsgrad());
        return () -> {
            rondo_adam.lr(settings, schedule.learningRate());
            rondo_adam.step(settings, schedule.step());
            rondo_adam.gradient_scale(settings, schedule.gradientScale());
            rondo_adam_f32(settings, parameter, gradient, average, square, largest, count);
        };
    }

    private static Step rmsProp(
            UpdateRule.RmsProp rule,
            UpdateSchedule schedule,
            MemorySegment parameter,
            MemorySegment gradient,
            List<MemorySegment> state,
            long count,
            Arena arena) {
        MemorySegment settings = rondo_rmsprop.allocate(arena);
        rondo_rmsprop.alpha(settings, rule.alpha());
        rondo_rmsprop.eps(settings, rule.eps());
        rondo_rmsprop.weight_decay(settings, rule.weightDecay());
        rondo_rmsprop.momentum(settings, rule.momentum());
        MemorySegment square = state.get(0);
        MemorySegment average = orNull(state, 1, rule.centered());
        MemorySegment momentum = orNull(state, 2, rule.momentum() != 0);
        return () -> {
            rondo_rmsprop.lr(settings, schedule.learningRate());
            rondo_rmsprop.gradient_scale(settings, schedule.gradientScale());
            rondo_rmsprop_f32(settings, parameter, gradient, square, average, momentum, count);
        };
    }

    private static Step adagrad(
            UpdateRule.Adagrad rule,
            UpdateSchedule schedule,
            MemorySegment parameter,
            MemorySegment gradient,
            List<MemorySegment> state,
            long count,
            Arena arena) {
        MemorySegment settings = rondo_adagrad.allocate(arena);
        rondo_adagrad.lr_decay(settings, rule.lrDecay());
        rondo_adagrad.eps(settings, rule.eps());
        rondo_adagrad.weight_decay(settings, rule.weightDecay());
        MemorySegment sum = state.get(0);
        return () -> {
            rondo_adagrad.lr(settings, schedule.learningRate());
            rondo_adagrad.step(settings, schedule.step());
            rondo_adagrad.gradient_scale(settings, schedule.gradientScale());
            rondo_adagrad_f32(settings, parameter, gradient, sum, count);
        };
    }

    @Override
    public void dropout(
            MemorySegment src, MemorySegment dst, long repeats, long count, float p, long seed, long offset) {
        rondo_dropout_f32(src, dst, repeats, count, p, seed, offset);
    }

    @Override
    public void clamp(MemorySegment x, long count, float bound) {
        rondo_clamp_f32(x, count, bound);
    }

    @Override
    public void columnSums(MemorySegment x, long rows, long width, MemorySegment sums) {
        rondo_column_sums_f32(x, rows, width, width, sums, 0);
    }

    @Override
    public double sumOfSquares(MemorySegment x, long count) {
        return rondo_sum_of_squares_f32(x, count);
    }

    @Override
    public long firstNonFinite(MemorySegment x, long count) {
        return rondo_first_non_finite_f32(x, count);
    }
}
