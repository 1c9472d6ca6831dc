package dev.rondo.op;

import static dev.rondo.bindings.dnnl.Dnnl.*;

import dev.rondo.kernel.Kernels;
import dev.rondo.kernel.TrainingKernels;
import dev.rondo.onednn.MemoryDescriptor;
import dev.rondo.onednn.Primitive;
import dev.rondo.program.Emitter;
import dev.rondo.program.Gradients;
import dev.rondo.program.Instruction.Argument;
import dev.rondo.program.Op;
import dev.rondo.program.Value;
import dev.rondo.tensor.DataType;
import dev.rondo.tensor.Shape;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.List;

/// The sum of the elements over the dimensions that the result lacks or has with size 1: the reverse of broadcasting.
///
/// x (…), y: a shape that broadcasts to that of x.
public final class Sum extends Op {
    private final Value x;

    public Sum(Value x, Shape shape) {
        super(List.of(Shapes.requireFloat(x, "sum")));
        if (!Shapes.broadcast(x.shape(), shape, "sum").equals(x.shape())) {
            throw new IllegalArgumentException(x.shape() + " cannot be summed to " + shape);
        }
        this.x = x;
        gives(x.recorder().allocate(shape, DataType.F32));
    }

    /// Records the sum, or nothing where the shapes are equal.
    static Value to(Shape shape, Value x) {
        return x.shape().equals(shape)
                ? x
                : x.recorder().record(new Sum(x, shape)).output();
    }

    @Override
    public void forward(Emitter emitter) {
        if (x.shape().elements() == 0) {
            emitter.zero(output());
            return;
        }
        Value source = emitter.dense(x);
        int rank = Math.max(1, x.shape().rank());
        long[] from = Shapes.padded(x.shape(), rank);
        long[] to = Shapes.padded(output().shape(), rank);
        if (Arrays.equals(from, to)) {
            emitter.copy(source.reshape(to), output().reshape(to));
            return;
        }
        if (emitColumnSums(emitter, source, from, to)) {
            return;
        }
        MemoryDescriptor src = emitter.layout(from);
        MemoryDescriptor dst = emitter.layout(to);
        Primitive reduction = emitter.keep(Primitive.create(
                "dnnl_reduction_primitive_desc_create",
                "sum " + x.shape() + " to " + output().shape(),
                null,
                (slot, engine, attr) -> dnnl_reduction_primitive_desc_create(
                        slot, engine, dnnl_reduction_sum(), src.address(), dst.address(), 0f, 0f, attr)));
        emitter.primitive(
                reduction,
                List.of(Argument.of(DNNL_ARG_SRC(), src, source)),
                List.of(Argument.of(DNNL_ARG_DST(), dst, output())));
    }

    /// Emits the sum where it goes over neighbouring dimensions that others follow, which oneDNN's reduction reads one
    /// element at a time.
    ///
    /// @return whether this is such a sum
    private boolean emitColumnSums(Emitter emitter, Value source, long[] from, long[] to) {
        int first = Arrays.mismatch(from, to);
        int last = first;
        while (last < to.length && to[last] == 1) {
            last++;
        }
        long[] rest = Arrays.copyOfRange(from, last, from.length);
        if (!Arrays.equals(rest, Arrays.copyOfRange(to, last, to.length)) || product(rest) == 1) {
            return false;
        }
        long groups = product(Arrays.copyOfRange(from, 0, first));
        long rows = product(Arrays.copyOfRange(from, first, last));
        emitColumnSums(emitter, source.reshape(groups, rows, product(rest)), output().reshape(groups, product(rest)));
        return true;
    }

    private static long product(long[] sizes) {
        return Arrays.stream(sizes).reduce(1, Math::multiplyExact);
    }

    /// Emits the sums over the rows of each group.
    ///
    /// @param x    (groups, rows, width), dense
    /// @param sums (groups, width), dense
    static void emitColumnSums(Emitter emitter, Value x, Value sums) {
        int groups = Math.toIntExact(x.shape().size(0));
        long rows = x.shape().size(1);
        long width = x.shape().size(2);
        emitter.kernel(
                "sum over rows of " + x.shape(), Kernels.available().toString(), List.of(x), List.of(sums), memory -> {
                    MemorySegment[] from = new MemorySegment[groups];
                    MemorySegment[] to = new MemorySegment[groups];
                    for (int i = 0; i < groups; i++) {
                        from[i] = memory.segment(x.select(0, i));
                        to[i] = memory.segment(sums.select(0, i));
                    }
                    TrainingKernels kernels = TrainingKernels.available();
                    return () -> {
                        for (int i = 0; i < groups; i++) {
                            kernels.columnSums(from[i], rows, width, to[i]);
                        }
                    };
                });
    }

    @Override
    public void backward(Gradients gradients) {
        Value dy = gradients.of(output());
        Value zeros = x.recorder().record(new Zeros(x.recorder(), x.shape())).output();
        gradients.add(
                x,
                x.recorder().record(new Binary(Binary.Function.ADD, zeros, dy)).output());
    }
}
