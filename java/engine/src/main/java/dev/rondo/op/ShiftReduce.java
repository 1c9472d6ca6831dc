package dev.rondo.op;

import dev.rondo.program.Emitter;
import dev.rondo.program.Op;
import dev.rondo.program.Value;
import dev.rondo.tensor.DataType;
import dev.rondo.tensor.Shape;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// Buffer and stack of a parser after a transition, for each of N samples. A stack holds the numbers of nodes and not
/// what they are, so no state of a node is ever moved: leaf t of sample n has number `t * N + n`, and what step s has
/// made of its two topmost nodes `(T + s) * N + n`.
///
/// A transition is 0 to shift the next leaf from the buffer to the stack, 1 to reduce the two topmost nodes to one, or
/// -100 for neither. transitions (N), I64; the numbers that are given (N), I64, -1 where there is no such node.
///
/// Source: Bowman et al. 2016, arXiv 1603.06021, section 3.2 (the thin stack).
public final class ShiftReduce extends Op {
    /// Takes the next leaf.
    public static final long SHIFT = 0;

    /// Makes one node of two.
    public static final long REDUCE = 1;

    /// Nothing.
    public static final long NONE = -100;

    private static final ValueLayout.OfLong I64 = ValueLayout.JAVA_LONG;

    private final Value lengths;
    private final long room; // T
    private final long step; // of the transition
    private final @Nullable ShiftReduce before;
    private final @Nullable Value transitions;

    /// Full buffers and empty stacks.
    ///
    /// @param lengths (N), I64 from 1 to T
    /// @param room    T
    public ShiftReduce(Value lengths, long room) {
        this(lengths, room, -1, null, null);
    }

    private ShiftReduce(
            Value lengths, long room, long step, @Nullable ShiftReduce before, @Nullable Value transitions) {
        super(Stream.of(
                        Shapes.requireIds(lengths, "a parser", "lengths"),
                        before == null ? null : before.state(),
                        transitions == null ? null : Shapes.requireIds(transitions, "a parser", "transitions"))
                .filter(value -> value != null)
                .toList());
        if (lengths.shape().rank() != 1) {
            throw new IllegalArgumentException("a parser needs lengths (N), not of shape " + lengths.shape());
        }
        if (transitions != null && !transitions.shape().equals(lengths.shape())) {
            throw new IllegalArgumentException("a parser of " + lengths.shape().size(0)
                    + " samples needs a transition of each, not of shape " + transitions.shape());
        }
        this.lengths = lengths;
        this.room = room;
        this.step = step;
        this.before = before;
        this.transitions = transitions;
        gives(
                ids(Shape.of(samples(), 2 + room)), // leaves taken, depth of the stack, the stack
                ids(lengths.shape()),
                ids(lengths.shape()),
                ids(lengths.shape()));
    }

    private Value ids(Shape shape) {
        return lengths.recorder().allocate(shape, DataType.I64);
    }

    private long samples() {
        return lengths.shape().size(0);
    }

    private Value state() {
        return outputs().get(0);
    }

    /// T, how many leaves there may be.
    public long room() {
        return room;
    }

    /// The next leaf.
    public Value next() {
        return outputs().get(1);
    }

    /// The topmost node.
    public Value top() {
        return outputs().get(2);
    }

    /// The node below it.
    public Value second() {
        return outputs().get(3);
    }

    /// Buffer and stack after a transition of each sample. A run throws IllegalArgumentException that names sample
    /// and step, if there is nothing to shift or to reduce, and after 2 * T - 1 transitions, if one node is not all
    /// that is left.
    public ShiftReduce after(Value transitions) {
        return new ShiftReduce(lengths, room, step + 1, this, transitions);
    }

    /// The better one of the transitions that are possible, by their scores (N, 2).
    public Value best(Value scores) {
        return scores.recorder()
                .record(new Best(next(), second(), Copy.dense(scores)))
                .output();
    }

    @Override
    public boolean passesGradients() {
        return false;
    }

    @Override
    public void forward(Emitter emitter) {
        String problem = before == null ? "start of a parser" : "transition of a parser";
        emitter.kernel(problem + " of " + samples(), "Java", inputs(), outputs(), memory -> {
            MemorySegment counts = memory.segment(lengths);
            MemorySegment old = before == null ? null : memory.segment(before.state());
            MemorySegment given = transitions == null ? null : memory.segment(transitions);
            MemorySegment[] to = outputs().stream().map(memory::segment).toArray(MemorySegment[]::new);
            return () -> {
                for (long n = 0; n < samples(); n++) {
                    long at = n * (2 + room);
                    if (old == null) {
                        start(to[0], at, counts.getAtIndex(I64, n), n);
                    } else {
                        MemorySegment.copy(old, at * Long.BYTES, to[0], at * Long.BYTES, (2 + room) * Long.BYTES);
                        apply(to[0], at, counts.getAtIndex(I64, n), given.getAtIndex(I64, n), n);
                    }
                    long taken = to[0].getAtIndex(I64, at);
                    long depth = to[0].getAtIndex(I64, at + 1);
                    boolean isEmpty = taken == counts.getAtIndex(I64, n);
                    to[1].setAtIndex(I64, n, isEmpty ? -1 : taken * samples() + n);
                    to[2].setAtIndex(I64, n, depth < 1 ? -1 : to[0].getAtIndex(I64, at + 1 + depth));
                    to[3].setAtIndex(I64, n, depth < 2 ? -1 : to[0].getAtIndex(I64, at + depth));
                }
            };
        });
    }

    private void start(MemorySegment state, long at, long length, long n) {
        if (length < 1 || length > room) {
            throw new IllegalArgumentException(
                    "length " + length + " of sample " + n + " is not between 1 and " + room);
        }
        state.setAtIndex(I64, at, 0);
        state.setAtIndex(I64, at + 1, 0);
    }

    private void apply(MemorySegment state, long at, long length, long transition, long n) {
        long taken = state.getAtIndex(I64, at);
        long depth = state.getAtIndex(I64, at + 1);
        if (transition == SHIFT && taken < length) {
            state.setAtIndex(I64, at + 2 + depth, taken * samples() + n);
            state.setAtIndex(I64, at, taken + 1);
            state.setAtIndex(I64, at + 1, depth + 1);
        } else if (transition == REDUCE && depth > 1) {
            state.setAtIndex(I64, at + depth, (room + step) * samples() + n);
            state.setAtIndex(I64, at + 1, depth - 1);
        } else if (transition != NONE) {
            throw new IllegalArgumentException("transition " + transition + " of sample " + n + " in step " + step
                    + " is not possible after " + taken + " of " + length + " leaves, with " + depth
                    + " nodes on the stack");
        }
        if (step == 2 * room - 2) {
            requireTree(state, at, length, n);
        }
    }

    private static void requireTree(MemorySegment state, long at, long length, long n) {
        long taken = state.getAtIndex(I64, at);
        long depth = state.getAtIndex(I64, at + 1);
        if (taken < length || depth != 1) {
            throw new IllegalArgumentException("the transitions of sample " + n + " end with " + depth
                    + " nodes on the stack, after " + taken + " of " + length + " leaves");
        }
    }

    /// The better transition of those that are possible: next and second (N), I64, -1 where there is no such node;
    /// scores (N, 2); y (N), I64.
    public static final class Best extends Op {
        private final Value next;
        private final Value second;
        private final Value scores;

        private Best(Value next, Value second, Value scores) {
            super(List.of(
                    next, second, Shapes.require(scores, Shape.of(next.shape().size(0), 2), "a parser", "scores")));
            this.next = next;
            this.second = second;
            this.scores = scores;
            gives(scores.recorder().allocate(next.shape(), DataType.I64));
        }

        @Override
        public boolean passesGradients() {
            return false;
        }

        @Override
        public void forward(Emitter emitter) {
            emitter.kernel("best transition " + scores.shape(), "Java", inputs(), outputs(), memory -> {
                MemorySegment leaf = memory.segment(next);
                MemorySegment node = memory.segment(second);
                MemorySegment given = memory.segment(scores);
                MemorySegment best = memory.segment(output());
                long samples = next.shape().size(0);
                return () -> {
                    for (long n = 0; n < samples; n++) {
                        boolean canShift = leaf.getAtIndex(I64, n) >= 0;
                        boolean canReduce = node.getAtIndex(I64, n) >= 0;
                        float shift = given.getAtIndex(ValueLayout.JAVA_FLOAT, 2 * n);
                        float reduce = given.getAtIndex(ValueLayout.JAVA_FLOAT, 2 * n + 1);
                        boolean reduces = canReduce && (!canShift || reduce > shift);
                        best.setAtIndex(I64, n, reduces ? REDUCE : canShift ? SHIFT : NONE);
                    }
                };
            });
        }
    }
}
