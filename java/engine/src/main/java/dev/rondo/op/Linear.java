package dev.rondo.op;

import static dev.rondo.bindings.dnnl.Dnnl.*;

import dev.rondo.kernel.LinearKernel;
import dev.rondo.onednn.MemoryDescriptor;
import dev.rondo.onednn.Primitive;
import dev.rondo.program.Activation;
import dev.rondo.program.Emitter;
import dev.rondo.program.Gradients;
import dev.rondo.program.Instruction.Argument;
import dev.rondo.program.Op;
import dev.rondo.program.PackedWeights;
import dev.rondo.program.Value;
import dev.rondo.tensor.DataType;
import dev.rondo.tensor.Shape;
import dev.rondo.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// `y = activation(x Wᵀ + b + a)` over the last dimension.
///
/// x (…, In), W (Out, In), b (Out), a and y (…, Out). Source: PyTorch's `nn.Linear` and `addmm`.
public final class Linear extends Op {
    private final Value x;
    private final Value weight;
    private final @Nullable Value bias;
    private final @Nullable Value addend;
    private final @Nullable Activation activation;

    public Linear(Value x, Value weight, @Nullable Value bias, @Nullable Activation activation) {
        this(x, weight, bias, null, activation);
    }

    /// @param addend of the result's shape, or null
    public Linear(
            Value x, Value weight, @Nullable Value bias, @Nullable Value addend, @Nullable Activation activation) {
        super(Stream.of(x, weight, bias, addend).filter(value -> value != null).toList());
        Shapes.requireFloat(x, "linear");
        Shapes.requireFloat(weight, "linear");
        if (weight.shape().rank() != 2 || weight.shape().elements() == 0) {
            throw new IllegalArgumentException(
                    "linear needs a weight of two dimensions, not of shape " + weight.shape());
        }
        if (bias != null) {
            Shapes.requireWeight(bias, Shape.of(weight.shape().size(0)), "linear", "a bias");
        }
        if (x.shape().rank() == 0 || x.shape().size(-1) != weight.shape().size(1)) {
            throw new IllegalArgumentException(
                    "linear with weight of shape " + weight.shape() + " needs an input whose last dimension is "
                            + weight.shape().size(1) + ", not " + x.shape());
        }
        this.x = x;
        this.weight = weight;
        this.bias = bias;
        this.activation = activation;
        Shape result = x.shape().with(-1, weight.shape().size(0));
        this.addend = addend == null ? null : Shapes.require(addend, result, "linear", "an addend");
        gives(x.recorder().allocate(result, DataType.F32));
    }

    /// (…, In)
    public Value x() {
        return x;
    }

    /// (Out, In)
    public Value weight() {
        return weight;
    }

    /// (Out), or null for none.
    public @Nullable Value bias() {
        return bias;
    }

    /// What is added, of the result's shape, or null for nothing.
    public @Nullable Value addend() {
        return addend;
    }

    /// What the sum goes through, or null.
    public @Nullable Activation activation() {
        return activation;
    }

    @Override
    public void forward(Emitter emitter) {
        long out = weight.shape().size(0);
        FewRows fewRows = new FewRows(weight, true);
        if (LinearKernel.computes(activation)
                && fewRows.serves(emitter, output().shape().elements() / out)) {
            fewRows.emit(
                    emitter,
                    emitter.dense(x),
                    bias,
                    addend == null ? null : emitter.dense(addend),
                    activation,
                    output());
            return;
        }
        Weights weights = weight.source() == null ? new Variable(weight.transpose(0, 1)) : new Packed(weight);
        emit(
                emitter,
                emitter.dense(x),
                output(),
                weights,
                bias == null ? null : Argument.of(DNNL_ARG_BIAS(), emitter.layout(1, out), bias),
                addend == null ? activation : null);
        if (addend != null) {
            emitter.accumulate(addend, output());
            if (activation != null) {
                Eltwise.emit(emitter, activation, output());
            }
        }
    }

    @Override
    public void backward(Gradients gradients) {
        long in = weight.shape().size(1);
        long out = weight.shape().size(0);
        long rows = output().shape().elements() / out;
        Value ofResult = Copy.dense(gradients.of(output()));
        Value ofSum = activation == null ? ofResult : ActivationGradient.of(activation, output(), ofResult);
        Value dy = ofSum.reshape(rows, out);
        gradients.add(addend, ofSum);
        if (gradients.wants(x)) {
            gradients.add(x, MatMul.product(dy, weight).reshape(x.shape().sizes()));
        }
        if (gradients.wants(weight)) {
            gradients.gather(weight, new Rows(dy, Copy.dense(x).reshape(rows, in)), Rows::product);
        }
        if (gradients.wants(bias)) {
            gradients.gather(bias, dy, parts -> Sum.to(bias.shape(), stacked(parts)));
        }
    }

    /// What an operation gives the gradient of its weight, as rows that belong together.
    ///
    /// @param dy (M, Out)
    /// @param x  (M, In)
    private record Rows(Value dy, Value x) {
        /// The gradient: one product over all operations' rows.
        static Value product(List<Rows> all) {
            Value dy = stacked(all.stream().map(Rows::dy).toList());
            return MatMul.product(
                    dy.transpose(0, 1), stacked(all.stream().map(Rows::x).toList()));
        }
    }

    private static Value stacked(List<Value> rows) {
        Value first = rows.getFirst();
        return rows.size() == 1
                ? first
                : first.recorder().record(new Concat(rows, 0)).output();
    }

    /// A weight matrix (In, Out) as emitting needs it.
    sealed interface Weights {
        long in();

        long out();

        /// The layout to create the product with.
        MemoryDescriptor layout(Emitter emitter);

        /// The matrix as an argument of the product.
        Argument argument(Emitter emitter, Primitive matmul);
    }

    /// The name under which a constant, or a part of one, is packed for some purpose.
    static String role(String purpose, Value weight) {
        return purpose + " " + weight.shape() + " by " + Arrays.toString(weight.strides()) + " from " + weight.offset();
    }

    /// A constant matrix, or a part of one, packed as the product wants it.
    ///
    /// @param weight (Out, In)
    record Packed(Value weight) implements Weights {
        @Override
        public long in() {
            return weight.shape().size(1);
        }

        @Override
        public long out() {
            return weight.shape().size(0);
        }

        @Override
        public MemoryDescriptor layout(Emitter emitter) {
            return emitter.keep(MemoryDescriptor.any(in(), out()));
        }

        @Override
        public Argument argument(Emitter emitter, Primitive matmul) {
            MemoryDescriptor wanted = emitter.keep(matmul.layout(DNNL_ARG_WEIGHTS()));
            Tensor source = weight.source();
            long[] strides = {weight.stride(1), weight.stride(0)};
            return Argument.of(
                    DNNL_ARG_WEIGHTS(),
                    emitter.weights()
                            .pack(
                                    role("linear", weight),
                                    List.of(source),
                                    wanted,
                                    () -> new PackedWeights.Plain(
                                            MemoryDescriptor.strided(new long[] {in(), out()}, strides),
                                            source.data().asSlice(weight.offset() * Float.BYTES))));
        }
    }

    /// A matrix (In, Out) that changes between runs, as it lies in memory.
    record Variable(Value matrix) implements Weights {
        @Override
        public long in() {
            return matrix.shape().size(0);
        }

        @Override
        public long out() {
            return matrix.shape().size(1);
        }

        @Override
        public MemoryDescriptor layout(Emitter emitter) {
            return emitter.layout(matrix);
        }

        @Override
        public Argument argument(Emitter emitter, Primitive matmul) {
            return Argument.of(DNNL_ARG_WEIGHTS(), emitter.layout(matrix), matrix);
        }
    }

    /// Emits the product for dense values; `y` holds as many rows of `out` elements as `x` holds rows of `in`.
    static void emit(
            Emitter emitter,
            Value x,
            Value y,
            Weights weights,
            @Nullable Argument bias,
            @Nullable Activation activation) {
        Shape shape = y.shape();
        if (shape.elements() == 0) {
            return;
        }
        long rows = shape.elements() / weights.out();
        MemoryDescriptor src = emitter.layout(rows, weights.in());
        MemoryDescriptor dst = emitter.layout(rows, weights.out());
        MemoryDescriptor biasLayout = bias == null ? MemoryDescriptor.NONE : bias.layout();
        String problem = "matmul " + rows + "x" + weights.in() + ":" + weights.in() + "x" + weights.out()
                + (bias == null ? "" : " + bias") + (activation == null ? "" : ", " + activation);
        MemoryDescriptor matrix = weights.layout(emitter);
        Primitive matmul = emitter.keep(Primitive.create(
                "dnnl_matmul_primitive_desc_create",
                problem,
                activation == null ? null : ActivationPostOp.of(activation),
                (slot, engine, attr) -> dnnl_matmul_primitive_desc_create(
                        slot, engine, src.address(), matrix.address(), biasLayout.address(), dst.address(), attr)));
        List<Argument> sources = new ArrayList<>();
        sources.add(Argument.of(DNNL_ARG_SRC(), src, x));
        sources.add(weights.argument(emitter, matmul));
        if (bias != null) {
            sources.add(bias);
        }
        emitter.primitive(matmul, sources, List.of(Argument.of(DNNL_ARG_DST(), dst, y)));
    }
}
