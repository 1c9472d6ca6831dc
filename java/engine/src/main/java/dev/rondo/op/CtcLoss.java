package dev.rondo.op;

import dev.rondo.kernel.CtcArguments;
import dev.rondo.kernel.Kernels;
import dev.rondo.kernel.LossKernel;
import dev.rondo.kernel.Reduction;
import dev.rondo.kernel.TrainingKernels;
import dev.rondo.program.Emitter;
import dev.rondo.program.Gradients;
import dev.rondo.program.Op;
import dev.rondo.program.ReplayMemory;
import dev.rondo.program.Value;
import dev.rondo.tensor.DataType;
import dev.rondo.tensor.Shape;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Connectionist temporal classification: `-log p(labels)`, where p sums over all paths of classes and blanks,
/// one for each step, that give the labels once repeated classes are merged and blanks removed. Paths are
/// summed forward for the loss, and forward and backward for its gradient, as logarithms in double precision:
///
/// ```
/// α_t(s) = log(Σ exp(α_{t-1}(s), α_{t-1}(s-1), α_{t-1}(s-2) if that skips a blank)) + log p_t(l'_s)
/// d loss / d logit_t(c) = p_t(c) - Σ_{s: l'_s = c} exp(α_t(s) + β_t(s) - log p(labels))
/// ```
///
/// log probabilities (T, N, C), labels (N, S), lengths of both (N); the loss is one number, or (N) without
/// reduction. The mean divides each sample's loss by its number of labels first. As in PyTorch, the gradient is
/// that of logits whose log softmax is given.
///
/// Source: Graves, Fernández, Gomez and Schmidhuber 2006; PyTorch's `ctc_loss`.
public final class CtcLoss extends Op {
    private final Value logProbs;
    private final Value targets;
    private final Value inputLengths;
    private final Value targetLengths;
    private final long blank;
    private final boolean zeroInfinity;
    private final Reduction reduction;
    private @Nullable Value alpha; // known once instructions are emitted

    /// @param logProbs      (T, N, C), from log softmax
    /// @param targets       (N, S), I64: the first of each sample are labels, classes other than the blank
    /// @param inputLengths  (N), I64 from 0 to T
    /// @param targetLengths (N), I64 from 0 to S
    /// @param blank         the class of no label
    /// @param zeroInfinity  whether samples without any path lose 0 instead of infinity, without gradient
    public CtcLoss(
            Value logProbs,
            Value targets,
            Value inputLengths,
            Value targetLengths,
            long blank,
            boolean zeroInfinity,
            Reduction reduction) {
        super(List.of(
                Copy.dense(Shapes.requireFloat(logProbs, "CTC")),
                Shapes.requireIds(targets, "CTC", "targets"),
                Shapes.requireIds(inputLengths, "CTC", "input lengths"),
                Shapes.requireIds(targetLengths, "CTC", "target lengths")));
        Shape shape = logProbs.shape();
        if (shape.rank() != 3 || blank < 0 || blank >= shape.size(-1)) {
            throw new IllegalArgumentException("CTC needs log probabilities (T, N, C), of shape " + shape
                    + " here, and a blank among the classes, " + blank + " here");
        }
        Shape samples = Shape.of(shape.size(1));
        boolean fits = targets.shape().rank() == 2
                && targets.shape().size(0) == shape.size(1)
                && inputLengths.shape().equals(samples)
                && targetLengths.shape().equals(samples);
        if (!fits) {
            throw new IllegalArgumentException("CTC of log probabilities of shape " + shape
                    + " needs targets (N, S) and lengths (N), not " + targets + ", " + inputLengths + " and "
                    + targetLengths);
        }
        this.logProbs = inputs().getFirst();
        this.targets = targets;
        this.inputLengths = inputLengths;
        this.targetLengths = targetLengths;
        this.blank = blank;
        this.zeroInfinity = zeroInfinity;
        this.reduction = reduction;
        gives(logProbs.recorder().allocate(reduction == Reduction.NONE ? samples : Shape.of(), DataType.F32));
    }

    private long states() {
        return 2 * targets.shape().size(1) + 1;
    }

    private LossKernel kernel(ReplayMemory memory, Value alpha, MemorySegment scratch) {
        Shape shape = logProbs.shape();
        return TrainingKernels.available()
                .ctc(
                        new CtcArguments(
                                shape.size(0),
                                shape.size(1),
                                shape.size(2),
                                targets.shape().size(1),
                                memory.segment(logProbs),
                                memory.segment(targets),
                                memory.segment(inputLengths),
                                memory.segment(targetLengths),
                                blank,
                                zeroInfinity,
                                reduction,
                                memory.segment(alpha),
                                scratch),
                        memory.arena());
    }

    @Override
    public void forward(Emitter emitter) {
        Shape shape = logProbs.shape();
        Value paths = emitter.workspace(
                Shape.of(shape.size(0), shape.size(1), states(), Double.BYTES).elements());
        alpha = paths;
        emitter.kernel(
                this + " " + shape, Kernels.available().toString(), inputs(), List.of(output(), paths), memory -> {
                    LossKernel kernel = kernel(memory, paths, MemorySegment.NULL);
                    MemorySegment loss = memory.segment(output());
                    MemorySegment labels = memory.segment(targets);
                    MemorySegment steps = memory.segment(inputLengths);
                    MemorySegment counts = memory.segment(targetLengths);
                    return () -> {
                        long bad = kernel.forward(loss);
                        if (bad >= 0) {
                            throw refusal(bad, labels, at(steps, bad), at(counts, bad));
                        }
                    };
                });
    }

    private static long at(MemorySegment ids, long index) {
        return ids.getAtIndex(ValueLayout.JAVA_LONG, index);
    }

    private IllegalArgumentException refusal(long sample, MemorySegment labels, long steps, long count) {
        long allSteps = logProbs.shape().size(0);
        long width = targets.shape().size(1);
        if (steps < 0 || steps > allSteps) {
            return new IllegalArgumentException(
                    "input length " + steps + " of sample " + sample + " is not between 0 and " + allSteps);
        }
        if (count < 0 || count > width) {
            return new IllegalArgumentException(
                    "target length " + count + " of sample " + sample + " is not between 0 and " + width);
        }
        long classes = logProbs.shape().size(2);
        long position = 0;
        while (position < count - 1 && isLabel(at(labels, sample * width + position), classes)) {
            position++;
        }
        return new IllegalArgumentException("target " + at(labels, sample * width + position) + " at position "
                + position + " of sample " + sample + " is none of " + classes + " classes but the blank, " + blank);
    }

    private boolean isLabel(long label, long classes) {
        return label >= 0 && label < classes && label != blank;
    }

    @Override
    public void backward(Gradients gradients) {
        gradients.add(
                logProbs,
                logProbs.recorder().record(new Backward(gradients.of(output()))).output());
    }

    private final class Backward extends Op {
        private final Value dy;

        Backward(Value dy) {
            // The loss is not read, but what its instruction leaves behind is.
            super(List.of(logProbs, targets, inputLengths, targetLengths, CtcLoss.this.output(), Copy.dense(dy)));
            this.dy = inputs().getLast();
            gives(logProbs.recorder().allocate(logProbs.shape(), DataType.F32));
        }

        @Override
        public void forward(Emitter emitter) {
            Value paths = alpha;
            Value scratch = emitter.workspace(states() * Double.BYTES);
            emitter.kernel(
                    "gradient of " + CtcLoss.this + " " + logProbs.shape(),
                    Kernels.available().toString(),
                    List.of(logProbs, targets, inputLengths, targetLengths, paths, dy),
                    List.of(output(), scratch),
                    memory -> {
                        LossKernel kernel = kernel(memory, paths, memory.segment(scratch));
                        MemorySegment diffLoss = memory.segment(dy);
                        MemorySegment diffX = memory.segment(output());
                        return () -> kernel.backward(diffLoss, diffX);
                    });
        }
    }

    @Override
    public String toString() {
        return "CTC loss";
    }
}
