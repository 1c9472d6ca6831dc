package dev.rondo.op;

import static dev.rondo.bindings.dnnl.Dnnl.*;

import dev.rondo.onednn.MemoryDescriptor;
import dev.rondo.onednn.Primitive;
import dev.rondo.program.Emitter;
import dev.rondo.program.Instruction.Argument;
import dev.rondo.program.Odometer;
import dev.rondo.program.Op;
import dev.rondo.program.Value;
import dev.rondo.tensor.DataType;
import dev.rondo.tensor.Shape;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntSupplier;
import java.util.function.LongBinaryOperator;
import org.jspecify.annotations.Nullable;

/// One number for all elements along some dimensions, which the result has with size 1.
///
/// x (…), y: x's shape, some sizes being 1 instead. Floats are reduced by oneDNN, integers in Java. Has no gradient:
/// [Sum] has.
public final class Reduce extends Op {
    /// What becomes of the elements.
    public enum Function {
        SUM(() -> dnnl_reduction_sum(), Long::sum, 0),
        MEAN(() -> dnnl_reduction_mean(), null, 0),
        PRODUCT(() -> dnnl_reduction_mul(), (a, b) -> a * b, 1),
        MAXIMUM(() -> dnnl_reduction_max(), Math::max, Long.MIN_VALUE),
        MINIMUM(() -> dnnl_reduction_min(), Math::min, Long.MAX_VALUE);

        private final IntSupplier algorithm;
        private final @Nullable LongBinaryOperator ofIntegers;
        private final long first;

        Function(IntSupplier algorithm, @Nullable LongBinaryOperator ofIntegers, long first) {
            this.algorithm = algorithm;
            this.ofIntegers = ofIntegers;
            this.first = first;
        }
    }

    private final Value x;
    private final Function function;

    /// @param shape of the result: x's, some sizes being 1 instead
    public Reduce(Function function, Value x, Shape shape) {
        super(List.of(x));
        this.x = x;
        this.function = function;
        if (x.type() != DataType.F32 && (x.type() != DataType.I64 || function.ofIntegers == null)) {
            throw new IllegalArgumentException("there is no " + function + " of " + x.type() + " values");
        }
        boolean fits = shape.rank() == x.shape().rank();
        for (int i = 0; fits && i < shape.rank(); i++) {
            fits = shape.size(i) == x.shape().size(i) || shape.size(i) == 1;
        }
        if (!fits) {
            throw new IllegalArgumentException(x.shape() + " cannot be reduced to " + shape);
        }
        if (x.shape().elements() == 0 && function != Function.SUM && shape.elements() != 0) {
            throw new IllegalArgumentException("there is no " + function + " of the elements of " + x.shape());
        }
        gives(x.recorder().allocate(shape, x.type()));
    }

    /// What becomes of the elements.
    public Function function() {
        return function;
    }

    @Override
    public void forward(Emitter emitter) {
        if (x.shape().elements() == 0) {
            emitter.zero(output());
        } else if (x.type() == DataType.I64) {
            emitOfIntegers(emitter);
        } else if (x.shape().equals(output().shape())) {
            emitter.copy(x, output()); // oneDNN refuses to do nothing
        } else {
            emitOfFloats(emitter);
        }
    }

    private void emitOfFloats(Emitter emitter) {
        Value source = emitter.dense(x);
        MemoryDescriptor src = emitter.layout(x.shape().sizes());
        MemoryDescriptor dst = emitter.layout(output().shape().sizes());
        Primitive reduction = emitter.keep(Primitive.create(
                "dnnl_reduction_primitive_desc_create",
                function + " " + x.shape() + " to " + output().shape(),
                null,
                (slot, engine, attr) -> dnnl_reduction_primitive_desc_create(
                        slot, engine, function.algorithm.getAsInt(), src.address(), dst.address(), 0f, 0f, attr)));
        emitter.primitive(
                reduction,
                List.of(Argument.of(DNNL_ARG_SRC(), src, source)),
                List.of(Argument.of(DNNL_ARG_DST(), dst, output())));
    }

    private void emitOfIntegers(Emitter emitter) {
        long count = x.shape().elements();
        String problem = function + " " + x + " to " + output().shape();
        emitter.kernel(problem, "Java", inputs(), List.of(output()), memory -> {
            MemorySegment source = memory.segment(x);
            MemorySegment result = memory.segment(output());
            long results = output().shape().elements();
            long[] steps = Odometer.broadcast(output(), x.shape());
            Odometer at = new Odometer(x.shape(), x.strides(), steps);
            return () -> {
                for (long i = 0; i < results; i++) {
                    result.setAtIndex(ValueLayout.JAVA_LONG, i, function.first);
                }
                at.reset();
                for (long i = 0; i < count; i++) {
                    long soFar = result.getAtIndex(ValueLayout.JAVA_LONG, at.at(1));
                    long element = source.getAtIndex(ValueLayout.JAVA_LONG, at.at(0));
                    result.setAtIndex(ValueLayout.JAVA_LONG, at.at(1), function.ofIntegers.applyAsLong(soFar, element));
                    at.advance();
                }
            };
        });
    }

    /// The shape that is left when these dimensions are reduced to 1.
    public static Shape kept(Shape shape, int... dimensions) {
        long[] sizes = shape.sizes();
        Arrays.stream(dimensions).forEach(dimension -> sizes[shape.dimension(dimension)] = 1);
        return Shape.of(sizes);
    }

    @Override
    public String toString() {
        return function.name();
    }
}
