package dev.rondo.op;

import dev.rondo.kernel.Philox;
import dev.rondo.program.Emitter;
import dev.rondo.program.Op;
import dev.rondo.program.Value;
import dev.rondo.tensor.DataType;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;

/// What a decoder reads next in training: each sample's given id or, with some probability, the likeliest one by
/// its own scores.
///
/// ids, y (1, N), 64-bit integers; scores (1, N, V); probability, a single number from 0 to 1 that each run reads.
/// No gradient passes. Random numbers are counted as those of [Dropout] are.
///
/// Source: Bengio et al. 2015, arXiv 1506.03099.
public final class ScheduledSampling extends Op {
    private final Value ids;
    private final Value scores;
    private final Value probability;
    private final long seed;

    public ScheduledSampling(Value ids, Value scores, Value probability, long seed) {
        super(List.of(
                Shapes.requireIds(ids, "scheduled sampling", "ids"),
                Copy.dense(Shapes.requireFloat(scores, "scheduled sampling")),
                Shapes.requireFloat(probability, "scheduled sampling")));
        boolean fits = scores.shape().rank() == ids.shape().rank() + 1
                && scores.shape().size(-1) > 0
                && scores.shape().elements()
                        == ids.shape().elements() * scores.shape().size(-1)
                && probability.shape().elements() == 1;
        if (!fits) {
            throw new IllegalArgumentException("scheduled sampling needs scores of each id and one probability, not "
                    + ids.shape() + ", " + scores.shape() + " and " + probability.shape());
        }
        this.ids = ids;
        this.scores = inputs().get(1);
        this.probability = probability;
        this.seed = ids.recorder().seed(seed);
        gives(ids.recorder().allocate(ids.shape(), DataType.I64));
    }

    @Override
    public boolean passesGradients() {
        return false;
    }

    @Override
    public void forward(Emitter emitter) {
        long count = ids.shape().elements();
        long classes = scores.shape().size(-1);
        emitter.kernel("scheduled sampling " + scores.shape(), "Java", inputs(), List.of(output()), memory -> {
            MemorySegment given = memory.segment(ids);
            MemorySegment rows = memory.segment(scores);
            MemorySegment p = memory.segment(probability);
            MemorySegment chosen = memory.segment(output());
            return () -> {
                float share = p.get(ValueLayout.JAVA_FLOAT, 0);
                for (long n = 0; n < count; n++) {
                    boolean own = Philox.uniform(seed, memory.run() * count + n) < share;
                    long id = own ? best(rows, n * classes, classes) : given.getAtIndex(ValueLayout.JAVA_LONG, n);
                    chosen.setAtIndex(ValueLayout.JAVA_LONG, n, id);
                }
            };
        });
    }

    private static long best(MemorySegment rows, long from, long classes) {
        long best = 0;
        for (long c = 1; c < classes; c++) {
            float score = rows.getAtIndex(ValueLayout.JAVA_FLOAT, from + c);
            best = score > rows.getAtIndex(ValueLayout.JAVA_FLOAT, from + best) ? c : best;
        }
        return best;
    }
}
