package dev.rondo.op;

import dev.rondo.program.Emitter;
import dev.rondo.program.Op;
import dev.rondo.program.Value;
import dev.rondo.tensor.DataType;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;

/// Targets of sequences of which a loss ignores the padding: `y[t, n] = targets[t, n]` where t is less than the
/// length of sample n, else the ignored class.
///
/// targets, y (T, N), lengths (N), all 64-bit integers.
public final class MaskedTargets extends Op {
    private final Value targets;
    private final Value lengths;
    private final long ignoreIndex;

    /// @param ignoreIndex what takes the place of targets that do not count
    public MaskedTargets(Value targets, Value lengths, long ignoreIndex) {
        super(List.of(
                Shapes.requireIds(targets, "a sequence loss", "targets"),
                Lengths.require(lengths, targets.shape(), "a sequence loss")));
        if (targets.shape().rank() != 2) {
            throw new IllegalArgumentException("a sequence loss needs targets (T, N), not of shape " + targets.shape());
        }
        this.targets = targets;
        this.lengths = lengths;
        this.ignoreIndex = ignoreIndex;
        gives(targets.recorder().allocate(targets.shape(), DataType.I64));
    }

    @Override
    public void forward(Emitter emitter) {
        long steps = targets.shape().size(0);
        long samples = targets.shape().size(1);
        emitter.kernel("mask targets " + targets.shape(), "Java", inputs(), List.of(output()), memory -> {
            MemorySegment given = memory.segment(targets);
            MemorySegment counts = memory.segment(lengths);
            MemorySegment masked = memory.segment(output());
            return () -> {
                Lengths.check(counts, samples, steps);
                for (long i = 0; i < steps * samples; i++) {
                    boolean counted = Lengths.counts(counts, i / samples, i % samples);
                    long target = counted ? given.getAtIndex(ValueLayout.JAVA_LONG, i) : ignoreIndex;
                    masked.setAtIndex(ValueLayout.JAVA_LONG, i, target);
                }
            };
        });
    }
}
