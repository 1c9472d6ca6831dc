package dev.rondo.op;

import static dev.rondo.bindings.dnnl.Dnnl.*;

import dev.rondo.onednn.MemoryDescriptor;
import dev.rondo.onednn.Primitive;
import dev.rondo.onednn.Primitive.PostOp;
import dev.rondo.program.Activation;
import dev.rondo.program.Emitter;
import dev.rondo.program.Gradients;
import dev.rondo.program.Instruction.Argument;
import dev.rondo.program.Op;
import dev.rondo.program.Value;
import java.util.List;
import java.util.Locale;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// A function of each element that oneDNN has: `y = f(x)`, same shape.
public final class Eltwise extends Op {
    private final Value x;
    private final String name;
    private final @Nullable Activation activation; // or null for one with parameters
    private final Supplier<PostOp.Eltwise> function; // asked when needed: oneDNN's constants load the native library

    public Eltwise(Value x, Activation activation) {
        this(x, activation.name().toLowerCase(Locale.ROOT), activation, () -> ActivationPostOp.of(activation));
    }

    private Eltwise(Value x, String name, Supplier<PostOp.Eltwise> function) {
        this(x, name, null, function);
    }

    private Eltwise(Value x, String name, @Nullable Activation activation, Supplier<PostOp.Eltwise> function) {
        super(List.of(Shapes.requireFloat(x, name)));
        this.x = x;
        this.name = name;
        this.activation = activation;
        this.function = function;
        gives(x.recorder().allocate(x.shape(), x.type()));
    }

    /// The function, or null if it is one with parameters.
    public @Nullable Activation activation() {
        return activation;
    }

    /// `x` if positive, else `alpha * x`
    public static Eltwise leakyRelu(Value x, float alpha) {
        return new Eltwise(x, "leaky relu", () -> new PostOp.Eltwise(dnnl_eltwise_relu(), alpha, 0));
    }

    /// `x` if positive, else `alpha * (exp(x) - 1)`
    public static Eltwise elu(Value x, float alpha) {
        return new Eltwise(x, "elu", () -> new PostOp.Eltwise(dnnl_eltwise_elu(), alpha, 0));
    }

    /// `max(0, min(1, alpha * x + beta))`
    public static Eltwise hardSigmoid(Value x, float alpha, float beta) {
        return new Eltwise(x, "hard sigmoid", () -> new PostOp.Eltwise(dnnl_eltwise_hardsigmoid(), alpha, beta));
    }

    /// `x * max(0, min(1, alpha * x + beta))`
    public static Eltwise hardSwish(Value x, float alpha, float beta) {
        return new Eltwise(x, "hard swish", () -> new PostOp.Eltwise(dnnl_eltwise_hardswish(), alpha, beta));
    }

    /// `log(1 + exp(x))`
    public static Eltwise softplus(Value x) {
        return new Eltwise(x, "softplus", () -> new PostOp.Eltwise(dnnl_eltwise_soft_relu(), 1, 0));
    }

    /// `x * tanh(log(1 + exp(x)))`
    public static Eltwise mish(Value x) {
        return new Eltwise(x, "mish", () -> new PostOp.Eltwise(dnnl_eltwise_mish(), 0, 0));
    }

    /// `x / 2 * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 * x³)))`
    public static Eltwise geluTanh(Value x) {
        return new Eltwise(x, "gelu by tanh", () -> new PostOp.Eltwise(dnnl_eltwise_gelu_tanh(), 0, 0));
    }

    /// `max(low, min(high, x))`
    public static Eltwise clip(Value x, float low, float high) {
        return new Eltwise(x, "clip", () -> new PostOp.Eltwise(dnnl_eltwise_clip(), low, high));
    }

    /// `alpha * x + beta`
    public static Eltwise linear(Value x, float alpha, float beta) {
        return new Eltwise(x, "linear", () -> new PostOp.Eltwise(dnnl_eltwise_linear(), alpha, beta));
    }

    /// `x` to the power of `exponent`
    public static Eltwise power(Value x, float exponent) {
        return new Eltwise(x, "power", () -> new PostOp.Eltwise(dnnl_eltwise_pow(), 1, exponent));
    }

    /// The nearest integer, halves to the even one.
    public static Eltwise round(Value x) {
        return new Eltwise(x, "round", () -> new PostOp.Eltwise(dnnl_eltwise_round(), 0, 0));
    }

    @Override
    public void backward(Gradients gradients) {
        gradients.add(
                x, x.recorder().record(new Derivative(gradients.of(output()))).output());
    }

    /// `dx = dy * activation'(x)`.
    private final class Derivative extends Op {
        private final Value dy;

        Derivative(Value dy) {
            super(List.of(x, dy));
            this.dy = dy;
            gives(x.recorder().allocate(x.shape(), x.type()));
        }

        @Override
        public void forward(Emitter emitter) {
            if (x.shape().elements() == 0) {
                return;
            }
            Value src = emitter.dense(x);
            Value diffDst = emitter.dense(dy);
            MemoryDescriptor layout = emitter.layout(src.shape().elements());
            PostOp.Eltwise function = Eltwise.this.function.get();
            Primitive hint = emitter.keep(primitive(layout, dnnl_forward_training()));
            Primitive derivative = emitter.keep(Primitive.create(
                    "dnnl_eltwise_backward_primitive_desc_create",
                    "derivative of " + hint,
                    null,
                    (slot, engine, attr) -> dnnl_eltwise_backward_primitive_desc_create(
                            slot,
                            engine,
                            function.algorithm(),
                            layout.address(),
                            layout.address(),
                            layout.address(),
                            function.alpha(),
                            function.beta(),
                            hint.descriptor(),
                            attr)));
            emitter.primitive(
                    derivative,
                    List.of(
                            Argument.of(DNNL_ARG_SRC(), layout, src),
                            Argument.of(DNNL_ARG_DIFF_DST(), layout, diffDst)),
                    List.of(Argument.of(DNNL_ARG_DIFF_SRC(), layout, output())));
        }
    }

    /// Emits the activation of a dense value in its place.
    static void emit(Emitter emitter, Activation activation, Value y) {
        if (y.shape().elements() == 0) {
            return;
        }
        MemoryDescriptor layout = emitter.layout(y.shape().elements());
        Primitive eltwise = emitter.keep(new Eltwise(y, activation).primitive(layout, dnnl_forward_inference()));
        emitter.primitive(
                eltwise,
                List.of(Argument.of(DNNL_ARG_SRC(), layout, y)),
                List.of(Argument.of(DNNL_ARG_DST(), layout, y)));
    }

    private Primitive primitive(MemoryDescriptor layout, int kind) {
        PostOp.Eltwise function = this.function.get();
        return Primitive.create(
                "dnnl_eltwise_forward_primitive_desc_create",
                name + " " + x.shape(),
                null,
                (slot, engine, attr) -> dnnl_eltwise_forward_primitive_desc_create(
                        slot,
                        engine,
                        kind,
                        function.algorithm(),
                        layout.address(),
                        layout.address(),
                        function.alpha(),
                        function.beta(),
                        attr));
    }

    @Override
    public void forward(Emitter emitter) {
        if (x.shape().elements() == 0) {
            return;
        }
        Value src = emitter.dense(x);
        MemoryDescriptor layout = emitter.layout(src.shape().elements());
        Primitive eltwise = emitter.keep(primitive(layout, dnnl_forward_inference()));
        emitter.primitive(
                eltwise,
                List.of(Argument.of(DNNL_ARG_SRC(), layout, src)),
                List.of(Argument.of(DNNL_ARG_DST(), layout, output())));
    }
}
