package dev.rondo.op;

import dev.rondo.kernel.Kernels;
import dev.rondo.kernel.TrainingKernels;
import dev.rondo.kernel.UpdateSchedule;
import dev.rondo.program.Emitter;
import dev.rondo.program.Op;
import dev.rondo.program.Value;
import dev.rondo.tensor.DataType;
import dev.rondo.tensor.Shape;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.Map;

/// The norm of all gradients together, and with it what keeps a step sound: gradients that are not finite stop
/// it before anything is changed, and a norm over the limit scales them down by `limit / (norm + 1e-6)`.
///
/// Gradients that are sums of several parts' gradients stand for the parts' mean: the norm is the mean's, and
/// the scale makes the mean of them.
///
/// Source: Pascanu, Mikolov and Bengio 2013 (arXiv 1211.5063), PyTorch's `clip_grad_norm_`.
public final class GradientNorm extends Op {
    private final List<String> names;
    private final double limit;
    private final int parts;
    private final UpdateSchedule[] schedules;

    /// @param gradients gradients by the names of their parameters
    /// @param parts     how many parts the gradients are the sum of
    /// @param limit     the largest norm, infinite for no limit
    /// @param schedules get the factor that the gradients are to be multiplied by
    public GradientNorm(Map<String, Value> gradients, int parts, double limit, List<UpdateSchedule> schedules) {
        super(gradients.values().stream().map(Copy::dense).toList());
        this.names = List.copyOf(gradients.keySet());
        this.limit = limit;
        this.parts = parts;
        this.schedules = schedules.toArray(UpdateSchedule[]::new);
        gives(inputs().getFirst().recorder().allocate(Shape.of(), DataType.F32));
    }

    @Override
    public void forward(Emitter emitter) {
        TrainingKernels kernels = TrainingKernels.available();
        emitter.kernel(
                "norm of " + names.size() + " gradients",
                Kernels.available().toString(),
                inputs(),
                List.of(output()),
                memory -> {
                    MemorySegment[] arrays =
                            inputs().stream().map(memory::segment).toArray(MemorySegment[]::new);
                    MemorySegment result = memory.segment(output());
                    return () -> {
                        double sum = 0;
                        for (MemorySegment array : arrays) {
                            sum += kernels.sumOfSquares(array, array.byteSize() / Float.BYTES);
                        }
                        double norm = Math.sqrt(sum) / parts;
                        if (!Double.isFinite(norm)) {
                            throw notFinite(kernels, arrays);
                        }
                        result.set(ValueLayout.JAVA_FLOAT, 0, (float) norm);
                        float scale = (float) (Math.min(1, limit / (norm + 1e-6)) / parts);
                        for (UpdateSchedule schedule : schedules) {
                            schedule.gradientScale(scale);
                        }
                    };
                });
    }

    private ArithmeticException notFinite(TrainingKernels kernels, MemorySegment[] arrays) {
        for (int i = 0; i < arrays.length; i++) {
            if (kernels.firstNonFinite(arrays[i], arrays[i].byteSize() / Float.BYTES) >= 0) {
                return new ArithmeticException(
                        "the gradient of " + names.get(i) + " is not finite; no parameter was changed");
            }
        }
        return new ArithmeticException("the gradients' norm is not finite; no parameter was changed");
    }
}
