package dev.rondo.op;

import dev.rondo.kernel.CrossEntropyArguments;
import dev.rondo.kernel.Kernels;
import dev.rondo.kernel.LossKernel;
import dev.rondo.kernel.PointwiseLoss;
import dev.rondo.kernel.PointwiseLossArguments;
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
import java.util.Locale;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// How far x is from a target: one number, or one for each element or row.
public abstract sealed class Loss extends Op {
    final Value x;
    final Value target;
    final @Nullable Value weight;
    final Reduction reduction;

    private Loss(Value x, Value target, @Nullable Value weight, Reduction reduction, Shape unreduced) {
        super(Stream.of(Copy.dense(x), target, weight)
                .filter(value -> value != null)
                .toList());
        if (!target.isDense()) {
            throw new IllegalArgumentException("a loss takes its target as it is given, not transposed or sliced");
        }
        this.x = inputs().getFirst();
        this.target = target;
        this.weight = weight;
        this.reduction = reduction;
        gives(x.recorder().allocate(reduction == Reduction.NONE ? unreduced : Shape.of(), DataType.F32));
    }

    /// The loss over one replay's memory.
    abstract LossKernel kernel(ReplayMemory memory, TrainingKernels kernels);

    MemorySegment weights(ReplayMemory memory) {
        return weight == null ? MemorySegment.NULL : memory.segment(weight);
    }

    @Override
    public void forward(Emitter emitter) {
        emitter.kernel(this + " " + x.shape(), Kernels.available().toString(), inputs(), List.of(output()), memory -> {
            LossKernel kernel = kernel(memory, TrainingKernels.available());
            MemorySegment loss = memory.segment(output());
            MemorySegment targets = memory.segment(target);
            return () -> {
                long bad = kernel.forward(loss);
                if (bad >= 0) {
                    throw new IllegalArgumentException("target "
                            + targets.getAtIndex(ValueLayout.JAVA_LONG, bad) + " at position " + bad
                            + " is none of " + x.shape().size(-1) + " classes");
                }
            };
        });
    }

    @Override
    public void backward(Gradients gradients) {
        if (gradients.wants(target)) {
            throw new UnsupportedOperationException(this + " has no gradient of its target");
        }
        gradients.add(
                x, x.recorder().record(new Backward(gradients.of(output()))).output());
    }

    private final class Backward extends Op {
        private final Value dy;

        Backward(Value dy) {
            super(Stream.concat(Loss.this.inputs().stream(), Stream.of(Copy.dense(dy)))
                    .toList());
            this.dy = inputs().getLast();
            gives(x.recorder().allocate(x.shape(), DataType.F32));
        }

        @Override
        public void forward(Emitter emitter) {
            emitter.kernel(
                    "gradient of " + Loss.this + " " + x.shape(),
                    Kernels.available().toString(),
                    inputs(),
                    List.of(output()),
                    memory -> {
                        LossKernel kernel = kernel(memory, TrainingKernels.available());
                        MemorySegment diffLoss = memory.segment(dy);
                        MemorySegment diffX = memory.segment(output());
                        return () -> kernel.backward(diffLoss, diffX);
                    });
        }
    }

    /// Cross entropy between logits (…, C) and classes (…): see [CrossEntropyArguments]. Source: PyTorch's
    /// `cross_entropy`.
    public static final class CrossEntropy extends Loss {
        private final long ignoreIndex;
        private final float labelSmoothing;

        /// @param classWeight    (C), or null for ones
        /// @param ignoreIndex    the target of rows that do not count
        /// @param labelSmoothing between 0 and 1
        public CrossEntropy(
                Value logits,
                Value targets,
                @Nullable Value classWeight,
                long ignoreIndex,
                float labelSmoothing,
                Reduction reduction) {
            super(Shapes.requireFloat(logits, "cross entropy"), targets, classWeight, reduction, targets.shape());
            boolean fits = targets.type() == DataType.I64
                    && logits.shape().rank() == targets.shape().rank() + 1
                    && logits.shape().elements()
                            == targets.shape().elements() * logits.shape().size(-1);
            if (!fits) {
                throw new IllegalArgumentException("cross entropy of logits of shape " + logits.shape()
                        + " needs I64 targets of that shape without the last dimension, not " + targets);
            }
            if (!(labelSmoothing >= 0 && labelSmoothing <= 1)) {
                throw new IllegalArgumentException("label smoothing " + labelSmoothing + " is not between 0 and 1");
            }
            if (classWeight != null) {
                Shapes.require(classWeight, Shape.of(logits.shape().size(-1)), "cross entropy", "class weights");
            }
            this.ignoreIndex = ignoreIndex;
            this.labelSmoothing = labelSmoothing;
        }

        @Override
        LossKernel kernel(ReplayMemory memory, TrainingKernels kernels) {
            return kernels.crossEntropy(
                    new CrossEntropyArguments(
                            target.shape().elements(),
                            x.shape().size(-1),
                            memory.segment(x),
                            memory.segment(target),
                            weights(memory),
                            ignoreIndex,
                            labelSmoothing,
                            reduction),
                    memory.arena());
        }

        @Override
        public String toString() {
            return "cross entropy";
        }
    }

    /// A loss of single elements.
    public static final class Pointwise extends Loss {
        private final PointwiseLoss loss;
        private final float parameter;

        /// @param parameter δ or β of the losses that have one
        /// @param weight    of x's shape: multiplies each element's loss; or null
        public Pointwise(
                PointwiseLoss loss,
                float parameter,
                Value x,
                Value target,
                @Nullable Value weight,
                Reduction reduction) {
            super(Shapes.requireFloat(x, loss.toString()), target, weight, reduction, x.shape());
            Shapes.require(target, x.shape(), loss.toString(), "a target");
            if (weight != null) {
                Shapes.require(weight, x.shape(), loss.toString(), "a weight");
            }
            this.loss = loss;
            this.parameter = parameter;
        }

        @Override
        LossKernel kernel(ReplayMemory memory, TrainingKernels kernels) {
            return kernels.pointwise(new PointwiseLossArguments(
                    loss,
                    parameter,
                    memory.segment(x),
                    memory.segment(target),
                    weights(memory),
                    x.shape().elements(),
                    reduction));
        }

        @Override
        public String toString() {
            return loss.name().toLowerCase(Locale.ROOT);
        }
    }
}
