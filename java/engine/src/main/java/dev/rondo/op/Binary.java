package dev.rondo.op;

import static dev.rondo.bindings.dnnl.Dnnl.*;

import dev.rondo.onednn.MemoryDescriptor;
import dev.rondo.onednn.Primitive;
import dev.rondo.program.Activation;
import dev.rondo.program.Emitter;
import dev.rondo.program.Gradients;
import dev.rondo.program.Instruction.Argument;
import dev.rondo.program.Op;
import dev.rondo.program.Value;
import dev.rondo.tensor.DataType;
import java.util.List;
import java.util.function.IntSupplier;

/// A function of two elements, with NumPy's broadcasting: `c = a ∘ b`.
public final class Binary extends Op {
    /// The function.
    public enum Function {
        ADD("+", () -> dnnl_binary_add()),
        SUBTRACT("-", () -> dnnl_binary_sub()),
        MULTIPLY("*", () -> dnnl_binary_mul()),
        DIVIDE("/", () -> dnnl_binary_div()),
        MAXIMUM("max", () -> dnnl_binary_max()),
        MINIMUM("min", () -> dnnl_binary_min()),
        /// 1 where a is not less than b, else 0.
        NOT_LESS(">=", () -> dnnl_binary_ge()),
        /// 1 where a is greater than b, else 0.
        GREATER(">", () -> dnnl_binary_gt());

        private final String symbol;
        private final IntSupplier algorithm; // asked when needed: the constant's class loads the native library

        Function(String symbol, IntSupplier algorithm) {
            this.symbol = symbol;
            this.algorithm = algorithm;
        }
    }

    private final Value a;
    private final Value b;
    private final Function function;

    public Binary(Function function, Value a, Value b) {
        super(List.of(Shapes.requireFloat(a, function.name()), Shapes.requireFloat(b, function.name())));
        this.function = function;
        this.a = a;
        this.b = b;
        gives(a.recorder().allocate(Shapes.broadcast(a.shape(), b.shape(), function.name()), DataType.F32));
    }

    /// The function.
    public Function function() {
        return function;
    }

    @Override
    public void forward(Emitter emitter) {
        emit(emitter, function, emitter.dense(a), emitter.dense(b), output());
    }

    @Override
    public void backward(Gradients gradients) {
        Value dc = gradients.of(output());
        Value da = switch (function) {
            case ADD, SUBTRACT -> dc;
            case MULTIPLY -> of(Function.MULTIPLY, dc, b);
            case DIVIDE -> of(Function.DIVIDE, dc, b);
            case MAXIMUM -> of(Function.MULTIPLY, dc, of(Function.NOT_LESS, a, b));
            case MINIMUM -> of(Function.MULTIPLY, dc, of(Function.NOT_LESS, b, a));
            case NOT_LESS, GREATER -> throw new UnsupportedOperationException(function + " has no gradient");
        };
        Value db = switch (function) {
            case ADD -> dc;
            case SUBTRACT -> of(Activation.NEGATE, dc);
            case MULTIPLY -> of(Function.MULTIPLY, dc, a);
            case DIVIDE -> of(Activation.NEGATE, of(Function.DIVIDE, of(Function.MULTIPLY, dc, output()), b));
            case MAXIMUM -> of(Function.MULTIPLY, dc, of(Function.GREATER, b, a));
            case MINIMUM -> of(Function.MULTIPLY, dc, of(Function.GREATER, a, b));
            case NOT_LESS, GREATER -> throw new UnsupportedOperationException(function + " has no gradient");
        };
        if (gradients.wants(a)) {
            gradients.add(a, Sum.to(a.shape(), da));
        }
        if (gradients.wants(b)) {
            gradients.add(b, Sum.to(b.shape(), db));
        }
    }

    private static Value of(Function function, Value a, Value b) {
        return a.recorder().record(new Binary(function, a, b)).output();
    }

    private static Value of(Activation activation, Value x) {
        return x.recorder().record(new Eltwise(x, activation)).output();
    }

    /// Emits `c = a ∘ b` for dense values.
    static void emit(Emitter emitter, Function function, Value a, Value b, Value c) {
        if (c.shape().elements() == 0) {
            return;
        }
        int rank = Math.max(1, c.shape().rank());
        MemoryDescriptor left = emitter.layout(Shapes.padded(a.shape(), rank));
        MemoryDescriptor right = emitter.layout(Shapes.padded(b.shape(), rank));
        MemoryDescriptor result = emitter.layout(Shapes.padded(c.shape(), rank));
        Primitive binary = emitter.keep(Primitive.create(
                "dnnl_binary_primitive_desc_create",
                a.shape() + " " + function.symbol + " " + b.shape(),
                null,
                (slot, engine, attr) -> dnnl_binary_primitive_desc_create(
                        slot,
                        engine,
                        function.algorithm.getAsInt(),
                        left.address(),
                        right.address(),
                        result.address(),
                        attr)));
        emitter.primitive(
                binary,
                List.of(Argument.of(DNNL_ARG_SRC_0(), left, a), Argument.of(DNNL_ARG_SRC_1(), right, b)),
                List.of(Argument.of(DNNL_ARG_DST(), result, c)));
    }
}
