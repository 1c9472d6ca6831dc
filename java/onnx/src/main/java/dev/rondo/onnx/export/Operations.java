package dev.rondo.onnx.export;

import dev.rondo.op.Binary;
import dev.rondo.op.Concat;
import dev.rondo.op.Copy;
import dev.rondo.op.CumulativeSum;
import dev.rondo.op.Detach;
import dev.rondo.op.Eltwise;
import dev.rondo.op.Embedding;
import dev.rondo.op.GateFunction;
import dev.rondo.op.Gather;
import dev.rondo.op.GatherSlices;
import dev.rondo.op.GeneralRecurrent;
import dev.rondo.op.JoinedRows;
import dev.rondo.op.LayerNorm;
import dev.rondo.op.Linear;
import dev.rondo.op.Loop;
import dev.rondo.op.MaskedSteps;
import dev.rondo.op.MatMul;
import dev.rondo.op.MergeSelection;
import dev.rondo.op.Pointwise;
import dev.rondo.op.Recurrent;
import dev.rondo.op.Reduce;
import dev.rondo.op.ReverseSequence;
import dev.rondo.op.Scan;
import dev.rondo.op.ScatterAdd;
import dev.rondo.op.SequenceMask;
import dev.rondo.op.ShiftReduce;
import dev.rondo.op.Softmax;
import dev.rondo.op.Sum;
import dev.rondo.op.TreeRecurrent;
import dev.rondo.op.Zeros;
import dev.rondo.program.Activation;
import dev.rondo.program.Op;
import dev.rondo.program.Value;
import dev.rondo.tensor.Shape;
import dev.rondo.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/// Writes operations as ONNX's.
final class Operations {
    /// How the names of scales begin that a layer does not have, but ONNX's operator does.
    static final String ONES = "ones";

    private final Exporter exporter;
    private final Writer writer;
    private final TreeStepsExport treeSteps;

    Operations(Exporter exporter, Writer writer) {
        this.exporter = exporter;
        this.writer = writer;
        this.treeSteps = new TreeStepsExport(exporter, writer);
    }

    /// Writes an operation of two recordings.
    void write(Op first, Op second) {
        Value y = first.output();
        switch (first) {
            case Recurrent recurrent ->
                new RecurrentExport(exporter, writer, this)
                        .write(RecurrentLayer.of(recurrent), RecurrentLayer.of((Recurrent) second));
            case GeneralRecurrent recurrent ->
                new RecurrentExport(exporter, writer, this)
                        .write(RecurrentLayer.of(recurrent), RecurrentLayer.of((GeneralRecurrent) second));
            case Loop loop -> new LoopExport(exporter, writer, loop, (Loop) second).write();
            case Scan scan -> new ElementScanExport(exporter, writer, scan, (Scan) second).write();
            case TreeRecurrent tree -> new TreeExport(exporter, writer, tree, (TreeRecurrent) second).write();
            case MaskedSteps steps -> new MaskExport(exporter, writer).write(steps, (MaskedSteps) second);
            case GatherSlices slices -> node("GatherND", inputs(first, second), y, "batch_dims", slices.batch());
            case Zeros _ -> node("ConstantOfShape", List.of(exporter.sizes(new Twin(y, second.output()))), y);
            case Reduce reduce -> reduce(reduce, (Reduce) second);
            case Pointwise pointwise -> pointwise(pointwise, (Pointwise) second);
            case JoinedRows _ -> treeSteps.rows(y, inputs(first, second));
            case MergeSelection merge -> treeSteps.merge(merge, inputs(first, second));
            case ShiftReduce parser -> treeSteps.parser(parser, (ShiftReduce) second, inputs(first, second));
            case ShiftReduce.Best _ -> treeSteps.best(y, inputs(first, second));
            case ReverseSequence _ ->
                node("ReverseSequence", inputs(first, second), y, "time_axis", 0, "batch_axis", 1);
            case Linear linear -> linear(linear, (Linear) second);
            case Embedding _ -> node("Gather", List.of(input(first, second, 1), input(first, second, 0)), y, "axis", 0);
            case LayerNorm norm -> layerNorm(norm, (LayerNorm) second);
            case Softmax softmax ->
                node(softmax.isLogarithmic() ? "LogSoftmax" : "Softmax", inputs(first, second), y, "axis", -1);
            case Eltwise eltwise -> eltwise(eltwise, input(first, second, 0));
            case Binary binary -> binary(binary, inputs(first, second));
            case MatMul _ -> node("MatMul", inputs(first, second), y);
            case Concat concat -> node("Concat", inputs(first, second), y, "axis", concat.dimension());
            case Gather gather ->
                node(
                        gather.isEach() ? "GatherElements" : "Gather",
                        inputs(first, second),
                        y,
                        "axis",
                        gather.dimension());
            case Sum _ -> sum(first, second);
            case CumulativeSum sums ->
                node(
                        "CumSum",
                        List.of(input(first, second, 0), writer.integer(sums.dimension())),
                        y,
                        "exclusive",
                        sums.isExclusive() ? 1 : 0,
                        "reverse",
                        sums.isReverse() ? 1 : 0);
            case ScatterAdd add -> scatterAdd(add, (ScatterAdd) second);
            case SequenceMask _ -> mask(first, second);
            case Copy _ -> exporter.alias(y, input(first, second, 0));
            case Detach _ -> exporter.alias(y, input(first, second, 0));
            default ->
                throw new IllegalArgumentException(
                        "Rondo writes no ONNX operator for " + first.getClass().getSimpleName());
        }
    }

    private String input(Op first, Op second, int index) {
        return exporter.name(new Twin(first.inputs().get(index), second.inputs().get(index)));
    }

    private List<String> inputs(Op first, Op second) {
        return IntStream.range(0, first.inputs().size())
                .mapToObj(i -> input(first, second, i))
                .toList();
    }

    private void node(String operator, List<String> inputs, Value output, Object... attributes) {
        writer.node(operator, inputs, List.of(exporter.output(output)), attributes);
    }

    private void linear(Linear first, Linear second) {
        String x = exporter.name(new Twin(first.x(), second.x()));
        Tensor constant = first.weight().constant();
        String weight = constant != null
                ? writer.derived("weight_t", constant, () -> transposed(constant))
                : writer.single(
                        "Transpose",
                        List.of(exporter.name(new Twin(first.weight(), second.weight()))),
                        "perm",
                        new int[] {1, 0});
        boolean isLast = first.bias() == null && first.addend() == null && first.activation() == null;
        String product = isLast ? exporter.output(first.output()) : writer.fresh("product");
        writer.node("MatMul", List.of(x, weight), List.of(product));
        if (first.bias() != null) {
            String bias = exporter.name(new Twin(first.bias(), second.bias()));
            boolean ends = first.addend() == null && first.activation() == null;
            String sum = ends ? exporter.output(first.output()) : writer.fresh("sum");
            writer.node("Add", List.of(product, bias), List.of(sum));
            product = sum;
        }
        if (first.addend() != null) {
            String addend = exporter.name(new Twin(first.addend(), second.addend()));
            String sum = first.activation() == null ? exporter.output(first.output()) : writer.fresh("sum");
            writer.node("Add", List.of(product, addend), List.of(sum));
            product = sum;
        }
        if (first.activation() != null) {
            activation(first.activation(), product, first.output());
        }
    }

    /// A matrix with rows and columns exchanged.
    static Tensor transposed(Tensor matrix) {
        long rows = matrix.shape().size(0);
        long columns = matrix.shape().size(1);
        Tensor result = Tensor.allocate(Arena.ofAuto(), Shape.of(columns, rows), matrix.type());
        for (long i = 0; i < rows * columns; i++) {
            float element = matrix.data().getAtIndex(ValueLayout.JAVA_FLOAT, i);
            result.data().setAtIndex(ValueLayout.JAVA_FLOAT, i % columns * rows + i / columns, element);
        }
        return result;
    }

    private void layerNorm(LayerNorm first, LayerNorm second) {
        float[] ones = new float[Math.toIntExact(first.x().shape().size(-1))];
        Arrays.fill(ones, 1);
        List<String> inputs = new ArrayList<>();
        inputs.add(exporter.name(new Twin(first.x(), second.x())));
        inputs.add(
                first.weight() == null
                        ? writer.constant(ONES, Tensor.of(Shape.of(ones.length), ones))
                        : exporter.name(new Twin(first.weight(), second.weight())));
        if (first.bias() != null) {
            inputs.add(exporter.name(new Twin(first.bias(), second.bias())));
        }
        node("LayerNormalization", inputs, first.output(), "axis", -1, "epsilon", first.eps());
    }

    private void eltwise(Eltwise eltwise, String x) {
        Value y = eltwise.output();
        if (eltwise.activation() != null) {
            activation(eltwise.activation(), x, y);
            return;
        }
        float alpha = eltwise.alpha();
        float beta = eltwise.beta();
        switch (eltwise.kind()) {
            case LEAKY_RELU -> node("LeakyRelu", List.of(x), y, "alpha", alpha);
            case ELU -> node("Elu", List.of(x), y, "alpha", alpha);
            case HARD_SIGMOID -> node("HardSigmoid", List.of(x), y, "alpha", alpha, "beta", beta);
            case HARD_SWISH ->
                node("Mul", List.of(x, writer.single("HardSigmoid", List.of(x), "alpha", alpha, "beta", beta)), y);
            case SOFTPLUS -> node("Softplus", List.of(x), y);
            case MISH -> node("Mish", List.of(x), y);
            case GELU_TANH -> node("Gelu", List.of(x), y, "approximate", "tanh");
            case CLIP -> node("Clip", List.of(x, number(alpha), number(beta)), y);
            case LINEAR -> node("Add", List.of(writer.single("Mul", List.of(x, number(alpha))), number(beta)), y);
            case POWER -> node("Mul", List.of(number(alpha), writer.single("Pow", List.of(x, number(beta)))), y);
            case ROUND -> node("Round", List.of(x), y);
        }
    }

    private String number(float number) {
        return writer.constant("number", Tensor.of(Shape.of(), number));
    }

    private void activation(Activation activation, String x, Value y) {
        switch (activation) {
            case RELU -> node("Relu", List.of(x), y);
            case TANH -> node("Tanh", List.of(x), y);
            case SIGMOID -> node("Sigmoid", List.of(x), y);
            case GELU -> node("Gelu", List.of(x), y);
            case ELU -> node("Elu", List.of(x), y);
            case EXP -> node("Exp", List.of(x), y);
            case LOG -> node("Log", List.of(x), y);
            case ABS -> node("Abs", List.of(x), y);
            case SQRT -> node("Sqrt", List.of(x), y);
            case SQUARE -> node("Mul", List.of(x, x), y);
            case NEGATE -> node("Neg", List.of(x), y);
        }
    }

    private void binary(Binary binary, List<String> inputs) {
        switch (binary.function()) {
            case ADD -> node("Add", inputs, binary.output());
            case SUBTRACT -> node("Sub", inputs, binary.output());
            case MULTIPLY -> node("Mul", inputs, binary.output());
            case DIVIDE -> node("Div", inputs, binary.output());
            case MAXIMUM -> node("Max", inputs, binary.output());
            case MINIMUM -> node("Min", inputs, binary.output());
            case NOT_LESS -> truth(writer.single("GreaterOrEqual", inputs), binary.output());
            case GREATER -> truth(writer.single("Greater", inputs), binary.output());
        }
    }

    private void truth(String truth, Value y) {
        node("Cast", List.of(truth), y, "to", 1);
    }

    private void pointwise(Pointwise first, Pointwise second) {
        Value y = first.output();
        switch (first.meaning()) {
            case Pointwise.Meaning.Activated(GateFunction function) ->
                exporter.alias(y, new FunctionExport(writer).of(function, input(first, second, 0)));
            case Pointwise.Meaning.Related(Pointwise.Relation relation) ->
                node(
                        switch (relation) {
                            case EQUAL -> "Equal";
                            case LESS -> "Less";
                            case LESS_OR_EQUAL -> "LessOrEqual";
                        },
                        inputs(first, second),
                        y);
            case Pointwise.Meaning.Chosen _ -> node("Where", inputs(first, second), y);
            case Pointwise.Meaning.Converted _ ->
                node(
                        "Cast",
                        inputs(first, second),
                        y,
                        "to",
                        Writer.type(y.type()).number());
            case Pointwise.Meaning.Repeated _ ->
                node("Expand", List.of(input(first, second, 0), exporter.sizes(new Twin(y, second.output()))), y);
            case Pointwise.Meaning.Other _ ->
                throw new IllegalArgumentException("Rondo writes no ONNX operator for " + first);
        }
    }

    private void reduce(Reduce first, Reduce second) {
        Twin x = new Twin(first.inputs().getFirst(), second.inputs().getFirst());
        Twin y = new Twin(first.output(), second.output());
        long[] axes = IntStream.range(0, x.rank())
                .filter(i -> !x.size(i).equals(y.size(i)))
                .asLongStream()
                .toArray();
        String operator = switch (first.function()) {
            case SUM -> "ReduceSum";
            case MEAN -> "ReduceMean";
            case PRODUCT -> "ReduceProd";
            case MAXIMUM -> "ReduceMax";
            case MINIMUM -> "ReduceMin";
        };
        if (axes.length == 0) {
            exporter.alias(first.output(), exporter.name(x));
        } else {
            node(operator, List.of(exporter.name(x), writer.integers(axes)), first.output(), "keepdims", 1);
        }
    }

    /// The sum over the dimensions that the result lacks, or has with size 1.
    private void sum(Op first, Op second) {
        Twin x = new Twin(first.inputs().getFirst(), second.inputs().getFirst());
        Twin y = new Twin(first.output(), second.output());
        int lacking = x.rank() - y.rank();
        long[] kept = IntStream.range(0, x.rank())
                .filter(i -> i >= lacking
                        && y.size(i - lacking).equals(new Twin.Size(1, 1))
                        && !x.size(i).equals(y.size(i - lacking)))
                .asLongStream()
                .toArray();
        long[] dropped = IntStream.range(0, lacking).asLongStream().toArray();
        String source = exporter.name(x);
        if (kept.length > 0) {
            String output = lacking == 0 ? exporter.output(first.output()) : writer.fresh("sum");
            writer.node("ReduceSum", List.of(source, writer.integers(kept)), List.of(output), "keepdims", 1);
            source = output;
        }
        if (lacking > 0) {
            node("ReduceSum", List.of(source, writer.integers(dropped)), first.output(), "keepdims", 0);
        } else if (kept.length == 0) {
            exporter.alias(first.output(), source);
        }
    }

    /// What is left out, -1, goes to a column behind the last, which is cut off.
    private void scatterAdd(ScatterAdd first, ScatterAdd second) {
        Twin x = new Twin(first.inputs().getFirst(), second.inputs().getFirst());
        String ids = writer.single("Unsqueeze", List.of(input(first, second, 1), writer.integers(1)));
        String each = writer.single("Expand", List.of(ids, exporter.sizes(x)));
        List<String> sizes =
                List.of(exporter.size(x.size(0)), exporter.size(x.size(1)), writer.integers(first.size() + 1));
        String zeros = writer.single("ConstantOfShape", List.of(writer.single("Concat", sizes, "axis", 0)));
        String sums =
                writer.single("ScatterElements", List.of(zeros, each, exporter.name(x)), "axis", 2, "reduction", "add");
        node(
                "Slice",
                List.of(sums, writer.integers(0), writer.integers(first.size()), writer.integers(2)),
                first.output());
    }

    /// 1 where the step, along the first dimension, is less than the sample's length, along the second.
    private void mask(Op first, Op second) {
        Twin y = new Twin(first.output(), second.output());
        long[] sizes = new long[y.rank()];
        Arrays.fill(sizes, 2, sizes.length, 1);
        String counts = mask(input(first, second, 0), y.size(0));
        String spread = writer.single("Reshape", List.of(counts, writer.integers(sizes)));
        node("Expand", List.of(spread, exporter.sizes(y)), first.output());
    }

    /// The same for each step and sample: (T, N).
    String mask(String lengths, Twin.Size size) {
        String steps = writer.single("Squeeze", List.of(exporter.size(size)));
        String range = writer.single("Range", List.of(writer.integer(0), steps, writer.integer(1)));
        String column = writer.single("Unsqueeze", List.of(range, writer.integers(1)));
        return writer.single("Cast", List.of(writer.single("Less", List.of(column, lengths))), "to", 1);
    }
}
