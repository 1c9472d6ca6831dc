package dev.rondo.decode;

import dev.rondo.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/// The logarithms of probabilities of what may follow the hypotheses of one source, and which are the likeliest.
final class Scores {
    private final Rows logits;
    private final MemorySegment norms; // (rows)
    private final MemorySegment likeliest; // (rows, count)
    private final int count;
    private long first; // row

    /// @param logits    (rows, V)
    /// @param norms     (rows)
    /// @param likeliest (rows, K), ids
    Scores(Tensor logits, Tensor norms, Tensor likeliest) {
        this.logits = new Rows(logits.data(), logits.shape().size(1));
        this.norms = norms.data();
        this.likeliest = likeliest.data();
        this.count = (int) likeliest.shape().size(1);
    }

    /// These rows from one on.
    Scores from(long row) {
        first = row;
        logits.from(row);
        return this;
    }

    /// V
    int width() {
        return logits.width();
    }

    double at(long row, long id) {
        return (double) logits.at(row, id) - norms.getAtIndex(ValueLayout.JAVA_FLOAT, first + row);
    }

    /// How many of the likeliest ids are known.
    int count() {
        return count;
    }

    /// One of the likeliest ids, the likeliest first; -1 where no more are possible.
    int likeliest(long row, int place) {
        return (int) likeliest.getAtIndex(ValueLayout.JAVA_LONG, (first + row) * count + place);
    }
}
