package dev.rondo.nn;

import dev.rondo.program.Value;
import org.jspecify.annotations.Nullable;

/// What a decoder's steps see of their source. Rows of a step are samples or, where there are more of them than
/// memories, hypotheses: as many for each memory, one after the other.
///
/// @param context (T, N, M)
/// @param weights (N, T, S), or (N', K, S) where K rows share each of N' memories
/// @param past    of attention, behind the last step: (N, P), or null where there is none
record Look(Value context, Value weights, @Nullable Value past) {
    /// Lets steps attend.
    ///
    /// @param h    their queries (T, N, H), T being 1 where rows share memories
    /// @param past of the first step (N, P), or null
    static Look of(Attention attention, Value h, Attention.Memory memory, @Nullable Value past) {
        long rows = h.shape().size(1);
        if (rows == memory.batch()) {
            Attention.Output found = attention.attendInOrder(h.transpose(0, 1), memory, past);
            Value pasts = found.past();
            Value last = pasts == null ? null : pasts.select(1, pasts.shape().size(1) - 1);
            return new Look(found.context().transpose(0, 1), found.weights(), last);
        }
        long each = rows / memory.batch();
        Attention.Output found = attention.attendEach(
                Functional.contiguous(h).reshape(memory.batch(), each, h.shape().size(2)),
                memory,
                past == null
                        ? null
                        : past.reshape(memory.batch(), each, past.shape().size(1)));
        Value next = found.past();
        return new Look(
                rows(found.context(), rows),
                found.weights(),
                next == null ? null : next.reshape(rows, next.shape().size(2)));
    }

    /// What other rows see of one step.
    ///
    /// @param numbers (N), I64, of these rows
    Look rows(Value numbers) {
        long steps = weights.shape().size(2);
        Value seen = Functional.indexSelect(weights.reshape(context.shape().size(1), steps), 0, numbers);
        return new Look(
                Functional.indexSelect(context, 1, numbers),
                seen.reshape(weights.shape().sizes()),
                past == null ? null : Functional.indexSelect(past, 0, numbers));
    }

    /// What attention gives (N, T, …), or (N', K, …) where rows share memories, as (T, N, …).
    static Value rows(Value given, long rows) {
        return rows == given.shape().size(0)
                ? given.transpose(0, 1)
                : given.reshape(1, rows, given.shape().size(2));
    }
}
