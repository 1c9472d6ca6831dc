package dev.rondo.op;

import static dev.rondo.bindings.dnnl.Dnnl.*;

import dev.rondo.onednn.MemoryDescriptor;
import dev.rondo.onednn.Primitive;
import dev.rondo.program.Emitter;
import dev.rondo.program.Gradients;
import dev.rondo.program.Instruction.Argument;
import dev.rondo.program.Op;
import dev.rondo.program.Value;
import dev.rondo.tensor.DataType;
import dev.rondo.tensor.Shape;
import java.util.List;

/// `c = a b`: a (…, M, K), b (…, K, N), c (…, M, N). Dimensions in front are equal, or 1 in one operand, which repeats.
/// Transposed operands cost no copy.
public final class MatMul extends Op {
    private final Value a;
    private final Value b;

    public MatMul(Value a, Value b) {
        super(List.of(Shapes.requireFloat(a, "matmul"), Shapes.requireFloat(b, "matmul")));
        int rank = a.shape().rank();
        if (rank < 2
                || b.shape().rank() != rank
                || a.shape().size(-1) != b.shape().size(-2)) {
            throw new IllegalArgumentException("matmul cannot multiply " + a.shape() + " and " + b.shape());
        }
        this.a = a;
        this.b = b;
        Shape front = Shapes.broadcast(front(a), front(b), "matmul");
        gives(a.recorder()
                .allocate(front.with(-2, a.shape().size(-2)).with(-1, b.shape().size(-1)), DataType.F32));
    }

    /// The shape with matrices of one element.
    private static Shape front(Value value) {
        return value.shape().with(-2, 1).with(-1, 1);
    }

    @Override
    public void forward(Emitter emitter) {
        Shape shape = output().shape();
        if (shape.elements() == 0) {
            return;
        }
        if (a.shape().elements() == 0) {
            emitter.zero(output());
            return;
        }
        FewRows fewRows = new FewRows(b, false);
        if (shape.rank() == 2 && fewRows.serves(emitter, shape.size(0))) {
            fewRows.emit(emitter, emitter.dense(a), null, null, null, output());
            return;
        }
        Value left = apart(emitter, a);
        Value right = apart(emitter, b);
        MemoryDescriptor src = emitter.layout(left);
        MemoryDescriptor weights = emitter.layout(right);
        MemoryDescriptor dst = emitter.layout(output());
        Primitive matmul = emitter.keep(Primitive.create(
                "dnnl_matmul_primitive_desc_create",
                "matmul " + a.shape() + " " + b.shape(),
                null,
                (slot, engine, attr) -> dnnl_matmul_primitive_desc_create(
                        slot,
                        engine,
                        src.address(),
                        weights.address(),
                        MemoryDescriptor.NONE.address(),
                        dst.address(),
                        attr)));
        emitter.primitive(
                matmul,
                List.of(Argument.of(DNNL_ARG_SRC(), src, left), Argument.of(DNNL_ARG_WEIGHTS(), weights, right)),
                List.of(Argument.of(DNNL_ARG_DST(), dst, output())));
    }

    /// The value with matrices that lie one behind the other: oneDNN 3.13 multiplies wrongly by those of a lone sample
    /// that are interleaved, as heads of attention are.
    private static Value apart(Emitter emitter, Value value) {
        long extent = 1
                + (value.shape().size(-1) - 1) * value.stride(-1)
                + (value.shape().size(-2) - 1) * value.stride(-2);
        for (int i = 0; i < value.shape().rank() - 2; i++) {
            if (value.shape().size(i) > 1 && value.stride(i) < extent) {
                return emitter.dense(value);
            }
        }
        return emitter.plain(value);
    }

    @Override
    public void backward(Gradients gradients) {
        Value dc = gradients.of(output());
        if (gradients.wants(a)) {
            gradients.add(a, Sum.to(a.shape(), product(dc, b.transpose(-1, -2))));
        }
        if (gradients.wants(b)) {
            gradients.add(b, Sum.to(b.shape(), product(a.transpose(-1, -2), dc)));
        }
    }

    /// Records `a b`.
    static Value product(Value a, Value b) {
        return a.recorder().record(new MatMul(a, b)).output();
    }
}
