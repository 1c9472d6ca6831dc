package dev.rondo.op;

import static dev.rondo.bindings.dnnl.Dnnl.*;

import dev.rondo.onednn.MemoryDescriptor;
import dev.rondo.onednn.Primitive;
import dev.rondo.program.Emitter;
import dev.rondo.program.Instruction.Argument;
import dev.rondo.program.Value;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Products of some rows after others with one matrix, which is packed once a run: `dst (+)= src matrix + bias`.
final class RowProduct {
    private final Emitter emitter;
    private final Value matrix; // (K, M)
    private final @Nullable Argument bias;
    private final boolean sum;
    private @Nullable MemoryDescriptor packedLayout;
    private @Nullable Value packed;
    private @Nullable MemoryDescriptor src;
    private @Nullable MemoryDescriptor dst;
    private @Nullable Primitive primitive;

    /// @param sum whether products are added to what is there
    RowProduct(Emitter emitter, Value matrix, @Nullable Argument bias, boolean sum) {
        this.emitter = emitter;
        this.matrix = matrix;
        this.bias = bias;
        this.sum = sum;
    }

    /// Emits the product for rows of the same number as before.
    void emit(Value from, Value to) {
        MemoryDescriptor srcNow = emitter.layout(from);
        MemoryDescriptor dstNow = emitter.layout(to);
        if (primitive == null || !srcNow.sameAs(src) || !dstNow.sameAs(dst)) {
            src = srcNow;
            dst = dstNow;
            primitive = create(
                    emitter,
                    src,
                    packedLayout == null
                            ? emitter.keep(MemoryDescriptor.any(matrix.shape().sizes()))
                            : packedLayout,
                    bias,
                    dst,
                    sum);
            if (packedLayout == null) {
                pack(primitive);
            }
        }
        execute(
                emitter,
                primitive,
                Argument.of(DNNL_ARG_SRC(), src, from),
                Argument.of(DNNL_ARG_WEIGHTS(), packedLayout, packed),
                bias,
                Argument.of(DNNL_ARG_DST(), dst, to));
    }

    private void pack(Primitive matmul) {
        packedLayout = emitter.keep(matmul.layout(DNNL_ARG_WEIGHTS()));
        packed = emitter.workspace(packedLayout.byteSize());
        MemoryDescriptor plain = emitter.layout(matrix);
        Primitive reorder = emitter.keep(Primitive.reorder(plain, packedLayout, "pack " + matrix));
        emitter.primitive(
                reorder,
                List.of(Argument.of(DNNL_ARG_FROM(), plain, matrix)),
                List.of(Argument.of(DNNL_ARG_TO(), packedLayout, packed)));
    }

    /// Emits a single product `c (+)= a b`; each matrix has rows or columns without gaps.
    static void emit(Emitter emitter, Value a, Value b, Value c, boolean sum) {
        MemoryDescriptor left = emitter.layout(a);
        MemoryDescriptor right = emitter.layout(b);
        MemoryDescriptor result = emitter.layout(c);
        execute(
                emitter,
                create(emitter, left, right, null, result, sum),
                Argument.of(DNNL_ARG_SRC(), left, a),
                Argument.of(DNNL_ARG_WEIGHTS(), right, b),
                null,
                Argument.of(DNNL_ARG_DST(), result, c));
    }

    private static Primitive create(
            Emitter emitter,
            MemoryDescriptor a,
            MemoryDescriptor b,
            @Nullable Argument bias,
            MemoryDescriptor c,
            boolean sum) {
        MemoryDescriptor biasLayout = bias == null ? MemoryDescriptor.NONE : bias.layout();
        return emitter.keep(Primitive.create(
                "dnnl_matmul_primitive_desc_create",
                "matmul of a recurrent layer",
                sum ? new Primitive.PostOp.Sum() : null,
                (slot, engine, attr) -> dnnl_matmul_primitive_desc_create(
                        slot, engine, a.address(), b.address(), biasLayout.address(), c.address(), attr)));
    }

    private static void execute(
            Emitter emitter, Primitive matmul, Argument a, Argument b, @Nullable Argument bias, Argument c) {
        List<Argument> sources = new ArrayList<>(List.of(a, b));
        if (bias != null) {
            sources.add(bias);
        }
        emitter.primitive(matmul, sources, List.of(c));
    }
}
