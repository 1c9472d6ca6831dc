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
import org.jspecify.annotations.Nullable;

/// A function of each element that oneDNN has: `y = f(x)`, same shape. Most are an [Activation].
public final class Eltwise extends Op {
    /// The functions that have parameters, or are no [Activation].
    public enum Kind {
        /// `x` if positive, else `alpha * x`
        LEAKY_RELU,
        /// `x` if positive, else `alpha * (exp(x) - 1)`
        ELU,
        /// `max(0, min(1, alpha * x + beta))`
        HARD_SIGMOID,
        /// `x * max(0, min(1, alpha * x + beta))`
        HARD_SWISH,
        /// `log(1 + exp(x))`
        SOFTPLUS,
        /// `x * tanh(log(1 + exp(x)))`
        MISH,
        /// `x / 2 * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 * x³)))`
        GELU_TANH,
        /// `max(alpha, min(beta, x))`
        CLIP,
        /// `alpha * x + beta`
        LINEAR,
        /// `alpha` times `x` to the power of `beta`
        POWER,
        /// The nearest integer, halves to the even one.
        ROUND;

        private int algorithm() {
            return switch (this) {
                case LEAKY_RELU -> dnnl_eltwise_relu();
                case ELU -> dnnl_eltwise_elu();
                case HARD_SIGMOID -> dnnl_eltwise_hardsigmoid();
                case HARD_SWISH -> dnnl_eltwise_hardswish();
                case SOFTPLUS -> dnnl_eltwise_soft_relu();
                case MISH -> dnnl_eltwise_mish();
                case GELU_TANH -> dnnl_eltwise_gelu_tanh();
                case CLIP -> dnnl_eltwise_clip();
                case LINEAR -> dnnl_eltwise_linear();
                case POWER -> dnnl_eltwise_pow();
                case ROUND -> dnnl_eltwise_round();
            };
        }
    }

    private final Value x;
    private final @Nullable Activation activation;
    private final @Nullable Kind kind;
    private final float alpha;
    private final float beta;

    public Eltwise(Value x, Activation activation) {
        this(x, activation, null, 0, 0);
    }

    private Eltwise(Value x, Kind kind, float alpha, float beta) {
        this(x, null, kind, alpha, beta);
    }

    private Eltwise(Value x, @Nullable Activation activation, @Nullable Kind kind, float alpha, float beta) {
        super(List.of(Shapes.requireFloat(x, name(activation, kind))));
        this.x = x;
        this.activation = activation;
        this.kind = kind;
        this.alpha = alpha;
        this.beta = beta;
        gives(x.recorder().allocate(x.shape(), x.type()));
    }

    private static String name(@Nullable Activation activation, @Nullable Kind kind) {
        String name = activation != null ? activation.name() : kind.name();
        return name.toLowerCase(Locale.ROOT).replace('_', ' ');
    }

    /// The function, or null if it is one of the others.
    public @Nullable Activation activation() {
        return activation;
    }

    /// The function, or null if it is an activation.
    public @Nullable Kind kind() {
        return kind;
    }

    /// Its first parameter, where it has one.
    public float alpha() {
        return alpha;
    }

    /// Its second parameter, where it has one.
    public float beta() {
        return beta;
    }

    /// `x` if positive, else `alpha * x`
    public static Eltwise leakyRelu(Value x, float alpha) {
        return new Eltwise(x, Kind.LEAKY_RELU, alpha, 0);
    }

    /// `x` if positive, else `alpha * (exp(x) - 1)`
    public static Eltwise elu(Value x, float alpha) {
        return new Eltwise(x, Kind.ELU, alpha, 0);
    }

    /// `max(0, min(1, alpha * x + beta))`
    public static Eltwise hardSigmoid(Value x, float alpha, float beta) {
        return new Eltwise(x, Kind.HARD_SIGMOID, alpha, beta);
    }

    /// `x * max(0, min(1, alpha * x + beta))`
    public static Eltwise hardSwish(Value x, float alpha, float beta) {
        return new Eltwise(x, Kind.HARD_SWISH, alpha, beta);
    }

    /// `log(1 + exp(x))`
    public static Eltwise softplus(Value x) {
        return new Eltwise(x, Kind.SOFTPLUS, 1, 0);
    }

    /// `x * tanh(log(1 + exp(x)))`
    public static Eltwise mish(Value x) {
        return new Eltwise(x, Kind.MISH, 0, 0);
    }

    /// `x / 2 * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 * x³)))`
    public static Eltwise geluTanh(Value x) {
        return new Eltwise(x, Kind.GELU_TANH, 0, 0);
    }

    /// `max(low, min(high, x))`
    public static Eltwise clip(Value x, float low, float high) {
        return new Eltwise(x, Kind.CLIP, low, high);
    }

    /// `alpha * x + beta`
    public static Eltwise linear(Value x, float alpha, float beta) {
        return new Eltwise(x, Kind.LINEAR, alpha, beta);
    }

    /// `x` to the power of `exponent`
    public static Eltwise power(Value x, float exponent) {
        return new Eltwise(x, Kind.POWER, 1, exponent);
    }

    /// The nearest integer, halves to the even one.
    public static Eltwise round(Value x) {
        return new Eltwise(x, Kind.ROUND, 0, 0);
    }

    /// As oneDNN has it; asked when needed, as oneDNN's constants load the native library.
    private PostOp.Eltwise function() {
        return activation != null ? ActivationPostOp.of(activation) : new PostOp.Eltwise(kind.algorithm(), alpha, beta);
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
            PostOp.Eltwise function = function();
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

    private Primitive primitive(MemoryDescriptor layout, int propagation) {
        PostOp.Eltwise function = function();
        return Primitive.create(
                "dnnl_eltwise_forward_primitive_desc_create",
                name(activation, kind) + " " + x.shape(),
                null,
                (slot, engine, attr) -> dnnl_eltwise_forward_primitive_desc_create(
                        slot,
                        engine,
                        propagation,
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
