package dev.rondo.onednn;

import static dev.rondo.bindings.dnnl.Dnnl.*;

import dev.rondo.bindings.Handle;
import dev.rondo.bindings.Pointer;
import dev.rondo.bindings.Status;
import dev.rondo.bindings.dnnl.Dnnl;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/// A oneDNN primitive: a computation for fixed shapes, compiled for this processor.
///
/// Its scratchpad is the caller's: the library's own belongs to the thread that created the primitive, and executing
/// on another one crashes (oneDNN issue 1385). So a primitive is immutable and any number of threads may execute it,
/// each with a scratchpad of its own.
public final class Primitive implements AutoCloseable {
    private final Handle descriptor;
    private final Handle primitive;
    private final String problem;

    private Primitive(Handle descriptor, Handle primitive, String problem) {
        this.descriptor = descriptor;
        this.primitive = primitive;
        this.problem = problem;
    }

    /// Calls one of oneDNN's `…_primitive_desc_create` functions and returns its status.
    @FunctionalInterface
    public interface Creator {
        /// @param slot   where the function stores the new descriptor
        /// @param engine the engine to create it for
        /// @param attr   attributes of the primitive
        int create(MemorySegment slot, MemorySegment engine, MemorySegment attr);
    }

    /// What happens to a primitive's result before it is stored.
    public sealed interface PostOp {
        /// An element-wise function.
        ///
        /// @param algorithm one of `dnnl_eltwise_…`
        record Eltwise(int algorithm, float alpha, float beta) implements PostOp {}

        /// What is stored there so far is added.
        record Sum() implements PostOp {}
    }

    /// Creates the primitive.
    ///
    /// @param function name of the creating function, for messages
    /// @param problem  what is computed on which shapes, for messages
    /// @throws dev.rondo.bindings.UnsupportedConfigurationException if this processor has no implementation of it
    public static Primitive create(String function, String problem, @Nullable PostOp postOp, Creator creator) {
        try (Handle attributes = attributes();
                Handle postOps = postOp == null ? null : postOps(postOp)) {
            if (postOps != null) {
                Status.check(
                        dnnl_primitive_attr_set_post_ops(attributes.address(), postOps.address()),
                        "dnnl_primitive_attr_set_post_ops",
                        () -> problem);
            }
            Handle descriptor = Handle.create(
                    function,
                    () -> problem,
                    slot -> creator.create(slot, Engine.address(), attributes.address()),
                    Dnnl::dnnl_primitive_desc_destroy);
            try {
                Handle primitive = Handle.create(
                        "dnnl_primitive_create",
                        () -> problem,
                        slot -> dnnl_primitive_create(slot, descriptor.address()),
                        Dnnl::dnnl_primitive_destroy);
                return new Primitive(descriptor, primitive, problem);
            } catch (Throwable e) {
                descriptor.close();
                throw e;
            }
        }
    }

    /// A copy from one layout to another.
    public static Primitive reorder(MemoryDescriptor from, MemoryDescriptor to, String problem) {
        return reorder(from, to, problem, null);
    }

    /// A copy from one layout to another, or with [PostOp.Sum] an addition to what is there.
    public static Primitive reorder(
            MemoryDescriptor from, MemoryDescriptor to, String problem, @Nullable PostOp postOp) {
        return create(
                "dnnl_reorder_primitive_desc_create",
                problem,
                postOp,
                (slot, engine, attr) ->
                        dnnl_reorder_primitive_desc_create(slot, from.address(), engine, to.address(), engine, attr));
    }

    private static Handle attributes() {
        Handle attributes = Handle.create(
                "dnnl_primitive_attr_create",
                () -> "attributes",
                Dnnl::dnnl_primitive_attr_create,
                Dnnl::dnnl_primitive_attr_destroy);
        Status.check(
                dnnl_primitive_attr_set_scratchpad_mode(attributes.address(), dnnl_scratchpad_mode_user()),
                "dnnl_primitive_attr_set_scratchpad_mode",
                () -> "user");
        return attributes;
    }

    private static Handle postOps(PostOp postOp) {
        Handle postOps = Handle.create(
                "dnnl_post_ops_create", postOp::toString, Dnnl::dnnl_post_ops_create, Dnnl::dnnl_post_ops_destroy);
        int status = switch (postOp) {
            case PostOp.Eltwise(int algorithm, float alpha, float beta) ->
                dnnl_post_ops_append_eltwise(postOps.address(), algorithm, alpha, beta);
            case PostOp.Sum() -> dnnl_post_ops_append_sum(postOps.address(), 1, 0, dnnl_data_type_undef());
        };
        Status.check(status, "dnnl_post_ops_append", postOp::toString);
        return postOps;
    }

    /// The native primitive.
    public MemorySegment address() {
        return primitive.address();
    }

    /// The primitive descriptor: what a backward primitive takes as its hint.
    public MemorySegment descriptor() {
        return descriptor.address();
    }

    /// The layout that the primitive wants for an execution argument (`DNNL_ARG_…`).
    public MemoryDescriptor layout(int argument) {
        return MemoryDescriptor.copyOf(
                dnnl_primitive_desc_query_md(descriptor.address(), dnnl_query_exec_arg_md(), argument));
    }

    /// Bytes of scratchpad that an execution needs.
    public long scratchpadBytes() {
        try (MemoryDescriptor scratchpad = scratchpad()) {
            return scratchpad.byteSize();
        }
    }

    /// The layout of the scratchpad.
    public MemoryDescriptor scratchpad() {
        return MemoryDescriptor.copyOf(
                dnnl_primitive_desc_query_md(descriptor.address(), dnnl_query_scratchpad_md(), 0));
    }

    /// oneDNN's name of the implementation it chose: `brgemm:avx512_core`.
    public String implementation() {
        return Pointer.string(
                "dnnl_primitive_desc_query",
                () -> problem,
                slot -> dnnl_primitive_desc_query(descriptor.address(), dnnl_query_impl_info_str(), 0, slot));
    }

    /// What is computed, on which shapes.
    @Override
    public String toString() {
        return problem;
    }

    @Override
    public void close() {
        primitive.close();
        descriptor.close();
    }
}
