package dev.rondo.onnx.export;

import dev.rondo.op.MergeSelection;
import dev.rondo.op.ShiftReduce;
import dev.rondo.program.Value;
import dev.rondo.tensor.Shape;
import dev.rondo.tensor.Tensor;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.LongStream;

/// Writes trees that are composed in steps which are recorded one by one, so that their number is fixed. Numbers that
/// are those of no node, lengths that are too long and transitions that are not possible are not found out: no operator
/// of ONNX fails on purpose.
final class TreeStepsExport {
    private final Exporter exporter;
    private final Writer writer;
    private final Map<List<String>, String> joined = new HashMap<>(); // values one below the other, by their names

    TreeStepsExport(Exporter exporter, Writer writer) {
        this.exporter = exporter;
        this.writer = writer;
    }

    /// Writes rows by their numbers. Behind all rows is one of zeros, which -1 counts as: the last one.
    ///
    /// @param inputs parts, and numbers
    void rows(Value y, List<String> inputs) {
        String all = joined.computeIfAbsent(inputs.subList(0, inputs.size() - 1), parts -> {
            List<String> rows = new ArrayList<>(parts);
            String shape = writer.integers(1, y.shape().size(1));
            rows.add(writer.single("ConstantOfShape", List.of(shape)));
            return writer.single("Concat", rows, "axis", 0);
        });
        writer.node("Gather", List.of(all, inputs.getLast()), List.of(exporter.output(y)), "axis", 0);
    }

    /// Writes the merge of the pair with the best score.
    ///
    /// @param inputs nodes, parents, scores and, where there are any, lengths
    void merge(MergeSelection merge, List<String> inputs) {
        int states = merge.results().size();
        long pairs = merge.results().getFirst().shape().size(0);
        String scores = inputs.get(2 * states);
        String numbers = column(LongStream.range(0, pairs));
        String chosen = exporter.output(merge.chosen());
        String place; // (1, N): the pair's, or behind all pairs
        if (inputs.size() == 2 * states + 1) {
            place = chosen;
            writer.node("ArgMax", List.of(scores), List.of(chosen), "axis", 0);
        } else {
            String counts = writer.single("Sub", List.of(inputs.getLast(), writer.integer(1 + merge.steps())));
            String isPair = writer.single("Less", List.of(numbers, counts)); // (M - 1, N)
            String least = writer.constant("least", Tensor.of(Shape.of(), Float.NEGATIVE_INFINITY));
            String best =
                    writer.single("ArgMax", List.of(writer.single("Where", List.of(isPair, scores, least))), "axis", 0);
            String hasPair = writer.single("Greater", List.of(counts, writer.integer(0)));
            writer.node("Where", List.of(hasPair, best, writer.integer(-1)), List.of(chosen));
            place = writer.single("Where", List.of(hasPair, best, writer.integer(pairs)));
        }
        String isBefore = last(writer.single("Less", List.of(numbers, place)));
        String isParent = last(writer.single("Equal", List.of(numbers, place)));
        for (int i = 0; i < states; i++) {
            String left = rows(inputs.get(i), 0, pairs);
            String right = rows(inputs.get(i), 1, pairs + 1);
            String rest = writer.single("Where", List.of(isParent, inputs.get(states + i), right));
            String result = exporter.output(merge.results().get(i));
            writer.node("Where", List.of(isBefore, left, rest), List.of(result));
        }
    }

    private String column(LongStream numbers) {
        return writer.single("Unsqueeze", List.of(writer.integers(numbers.toArray()), writer.integers(1)));
    }

    private String last(String x) {
        return writer.single("Unsqueeze", List.of(x, writer.integers(2)));
    }

    private String rows(String x, long from, long to) {
        return writer.single("Slice", List.of(x, writer.integers(from), writer.integers(to), writer.integers(0)));
    }

    /// Writes stack and buffer as one array of numbers (4 * T, N): T places of the stack, topmost first; one -1; T
    /// places of the buffer; and what the 2 * T - 1 steps may make. So a transition is which number comes to
    /// which place.
    ///
    /// @param inputs lengths; state and transitions, but for the start
    void parser(ShiftReduce first, ShiftReduce second, List<String> inputs) {
        long room = first.room();
        String state = exporter.output(first.outputs().getFirst());
        if (inputs.size() == 1) {
            start(room, exporter.size(new Twin(first.next(), second.next()).size(0)), inputs.getFirst(), state);
        } else {
            String table =
                    writer.single("Reshape", List.of(writer.integers(places(room)), writer.integers(4 * room, 3)));
            String transitions = writer.single("Max", List.of(inputs.get(2), writer.integer(-1))); // the last: neither
            String places = writer.single("Gather", List.of(table, transitions), "axis", 1); // (4 * T, N)
            writer.node("GatherElements", List.of(inputs.get(1), places), List.of(state), "axis", 0);
        }
        place(state, room + 1, first.next());
        place(state, 0, first.top());
        place(state, 1, first.second());
    }

    private void place(String state, long number, Value y) {
        writer.node("Gather", List.of(state, writer.integer(number)), List.of(exporter.output(y)), "axis", 0);
    }

    /// Full buffers and empty stacks: all numbers in their order, but -1 for leaves that a sequence does not have.
    private void start(long room, String samples, String lengths, String state) {
        long made = 2 * room - 1;
        String count =
                writer.single("Mul", List.of(writer.single("Squeeze", List.of(samples)), writer.integer(room + made)));
        String range = writer.single("Range", List.of(writer.integer(0), count, writer.integer(1)));
        String numbers = writer.single("Reshape", List.of(range, writer.integers(room + made, -1)));
        String leaves = column(LongStream.concat(
                LongStream.range(0, room), LongStream.generate(() -> -1).limit(made)));
        String exists = writer.single("Less", List.of(leaves, lengths));
        String none = writer.integer(-1);
        String own = writer.single("Where", List.of(exists, numbers, none));
        writer.node("Pad", List.of(own, writer.integers(room + 1, 0, 0, 0), none), List.of(state));
    }

    /// For each place, the one whose number it gets by shift, by reduce, and by neither: (4 * T, 3).
    private static long[] places(long room) {
        int none = Math.toIntExact(room); // the place that holds -1
        int leaf = none + 1;
        int made = 2 * none + 1;
        int end = 4 * none;
        return IntStream.range(0, end)
                .flatMap(i -> {
                    int behind = i + 1 == made || i + 1 == end ? none : i + 1;
                    if (i == 0) {
                        return IntStream.of(leaf, made, i);
                    } else if (i < none) {
                        return IntStream.of(i - 1, behind, i);
                    } else if (i == none) {
                        return IntStream.of(i, i, i);
                    } else if (i < made) {
                        return IntStream.of(behind, i, i);
                    }
                    return IntStream.of(behind, behind, behind);
                })
                .asLongStream()
                .toArray();
    }

    /// Writes the better transition of those that are possible.
    ///
    /// @param inputs next leaf, second node, scores
    void best(Value y, List<String> inputs) {
        String isEmpty = writer.single("Less", List.of(inputs.get(0), writer.integer(0)));
        String canReduce = writer.single("GreaterOrEqual", List.of(inputs.get(1), writer.integer(0)));
        String scores = inputs.get(2);
        String shift = writer.single("Gather", List.of(scores, writer.integer(ShiftReduce.SHIFT)), "axis", 1);
        String reduce = writer.single("Gather", List.of(scores, writer.integer(ShiftReduce.REDUCE)), "axis", 1);
        String isBetter = writer.single("Greater", List.of(reduce, shift));
        String wanted = writer.single("Or", List.of(isEmpty, isBetter));
        String reduces = writer.single("And", List.of(canReduce, wanted));
        String other = writer.single(
                "Where", List.of(isEmpty, writer.integer(ShiftReduce.NONE), writer.integer(ShiftReduce.SHIFT)));
        writer.node("Where", List.of(reduces, writer.integer(ShiftReduce.REDUCE), other), List.of(exporter.output(y)));
    }
}
