package dev.rondo.op;

import static dev.rondo.bindings.dnnl.Dnnl.*;

import dev.rondo.onednn.MemoryDescriptor;
import dev.rondo.onednn.Primitive;
import dev.rondo.program.Emitter;
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
        MINIMUM("min", () -> dnnl_binary_min());

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

    @Override
    public void forward(Emitter emitter) {
        emit(emitter, function, emitter.dense(a), emitter.dense(b), output());
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
