package dev.rondo.nn;

import dev.rondo.op.Loop;
import dev.rondo.program.Value;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/// Queries that have to know what those before them have looked at, one after the other: recorded step by step, or as
/// one loop where a program is written down.
final class CoveringSteps {
    private CoveringSteps() {}

    /// @param queries (N, T, Q)
    /// @param past    of the first query (N, S)
    static Attention.Output attend(Attention attention, Value queries, Attention.Memory memory, Value past) {
        if (queries.recorder().isWriting()) {
            return loop(attention, queries, memory, past);
        }
        List<Attention.Output> outputs = new ArrayList<>();
        for (long t = 0; t < queries.shape().size(1); t++) {
            Value before =
                    outputs.isEmpty() ? past.unsqueeze(1) : outputs.getLast().past();
            outputs.add(attention.attendEach(queries.slice(1, t, t + 1), memory, before));
        }
        return new Attention.Output(
                joined(outputs, Attention.Output::context),
                joined(outputs, Attention.Output::weights),
                joined(outputs, Attention.Output::past));
    }

    private static Value joined(List<Attention.Output> outputs, Function<Attention.Output, Value> part) {
        return Functional.concat(outputs.stream().map(part).toList(), 1);
    }

    private static Attention.Output loop(Attention attention, Value queries, Attention.Memory memory, Value past) {
        Loop loop = queries.recorder().record(new Loop(List.of(past), List.of(queries.transpose(0, 1)), given -> {
            Attention.Output one = attention.attendEach(
                    given.get(1).unsqueeze(1), memory, given.get(0).unsqueeze(1));
            Value next = one.past().select(1, 0);
            return List.of(next, one.context().select(1, 0), one.weights().select(1, 0), next);
        }));
        List<Value> parts = loop.outputs().stream()
                .skip(1)
                .map(part -> part.transpose(0, 1))
                .toList();
        return new Attention.Output(parts.get(0), parts.get(1), parts.get(2));
    }
}
