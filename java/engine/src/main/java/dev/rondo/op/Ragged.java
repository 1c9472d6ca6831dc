package dev.rondo.op;

import dev.rondo.program.Direction;
import dev.rondo.program.Emitter;
import dev.rondo.program.Value;
import dev.rondo.tensor.DataType;
import dev.rondo.tensor.Shape;
import dev.rondo.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;

/// One direction of a recurrent layer over sequences of unequal lengths, on primitives that know only one length.
///
/// Every sequence is laid out in the order in which it is read, padding last: a layer from right to left reads each
/// sequence turned round within its own length, from left to right. Then whatever the padding does comes after all that
/// counts: outputs are those before it, the hidden state is the last of them, and gradients that enter the padding as
/// zeros leave it as zeros.
///
/// Only the cell state of an LSTM, of which primitives give just the last, has to survive the padding. One more input
/// channel, 1 in the padding and 0 before, closes the input gate and opens the forget gate there: the cell state is
/// held to the last bit.
///
/// @param emitter where the instructions go
/// @param lengths number of steps of each sequence, I64 from 1 to T // (N)
/// @param part    the direction as the layer sees it: padding at the end, whichever way it is read
/// @param aligned the direction as the primitives see it
record Ragged(Emitter emitter, Value lengths, OneDirection part, OneDirection aligned) {
    // What the extra channel adds to the gates' arguments in the padding, where σ of it is 0 and 1 exactly.
    private static final float CLOSED = -1e4f;
    private static final float OPEN = 1e4f;

    private static final ValueLayout.OfFloat F32 = ValueLayout.JAVA_FLOAT;
    private static final ValueLayout.OfLong I64 = ValueLayout.JAVA_LONG;

    /// Emits the check that a run's lengths are between 1 and T.
    static void emitCheck(Emitter emitter, Value lengths, long steps) {
        long batch = lengths.shape().elements();
        emitter.kernel("check lengths " + lengths.shape(), "Java", List.of(lengths), List.of(), memory -> {
            MemorySegment segment = memory.segment(lengths);
            return () -> {
                for (long n = 0; n < batch; n++) {
                    long length = segment.getAtIndex(I64, n);
                    if (length < 1 || length > steps) {
                        throw new IllegalArgumentException("length " + length + " of sequence " + n
                                + " is not between 1 and the " + steps + " steps of the batch");
                    }
                }
            };
        });
    }

    /// Emits the input's side.
    ///
    /// @param holdsCell whether the cell state has to survive the padding
    static Ragged emit(Emitter emitter, Value lengths, OneDirection part, boolean holdsCell) {
        RecurrentDescriptor d = part.descriptor();
        boolean turned = d.direction() == Direction.RIGHT_TO_LEFT;
        long width = d.input() + (holdsCell ? 1 : 0);
        boolean training = lengths.recorder().hasVariables();
        Value x = part.x();
        if (turned || holdsCell || training) { // else padding may be what it likes
            x = emitter.temporary(Shape.of(d.steps(), d.batch(), width));
            emitSelect(emitter, lengths, part.x(), x.slice(2, 0, d.input()), turned);
        }
        if (holdsCell) {
            emitPadding(emitter, lengths, x.slice(2, d.input(), width));
        }
        Value attention = null;
        if (part.attention() != null) {
            attention = emitter.temporary(part.attention().shape());
            emitSelect(emitter, lengths, part.attention(), attention, turned);
        }
        OneDirection.State last = OneDirection.State.NONE;
        if (holdsCell || training) { // h is that of the padding, which nobody wants
            last = new OneDirection.State(
                    emitter.temporary(Shape.of(d.batch(), d.projection())),
                    part.last().c());
        }
        Recurrent.Weights weights = holdsCell && training ? widened(emitter, part.weights(), d) : part.weights();
        OneDirection aligned = new OneDirection(
                d.withDirection(Direction.LEFT_TO_RIGHT).withInput(width),
                weights,
                x,
                attention,
                emitter.temporary(part.output().shape()),
                part.initial(),
                last);
        return new Ragged(emitter, lengths, part, aligned);
    }

    /// An LSTM's weights of the input (4*H, I) with a column for the extra channel: (4*H, I + 1).
    static Tensor widened(Tensor weight) {
        long rows = weight.shape().size(0);
        long width = weight.shape().size(1);
        Tensor widened = Tensor.allocate(Arena.ofAuto(), Shape.of(rows, width + 1), DataType.F32);
        for (long row = 0; row < rows; row++) {
            long bytes = width * Float.BYTES;
            MemorySegment.copy(weight.data(), row * bytes, widened.data(), row * (bytes + Float.BYTES), bytes);
            widened.data().setAtIndex(F32, row * (width + 1) + width, channelWeight(row, rows / 4));
        }
        return widened;
    }

    /// The weight of the extra channel in one row of the gates i, f, g, o.
    private static float channelWeight(long row, long hidden) {
        return row < hidden ? CLOSED : row < 2 * hidden ? OPEN : 0;
    }

    /// Weights that change between runs, with a column for the extra channel.
    private static Recurrent.Weights widened(Emitter emitter, Recurrent.Weights weights, RecurrentDescriptor d) {
        Value weight = weights.inputWeight();
        long rows = weight.shape().size(0);
        long width = d.input() + 1;
        Value widened = emitter.temporary(Shape.of(rows, width));
        emitter.copy(weight, widened.slice(1, 0, d.input()));
        Value column = widened.slice(1, d.input(), width);
        emitter.kernel("weights of the padding's channel", "Java", List.of(), List.of(column), memory -> {
            MemorySegment segment = memory.segment(column);
            return () -> {
                for (long row = 0; row < rows; row++) {
                    segment.setAtIndex(F32, row * width, channelWeight(row, d.hidden()));
                }
            };
        });
        return new Recurrent.Weights(
                widened,
                weights.stateWeight(),
                weights.inputBias(),
                weights.stateBias(),
                weights.projectionWeight(),
                weights.peepholeWeight());
    }

    private boolean isTurned() {
        return part.descriptor().direction() == Direction.RIGHT_TO_LEFT;
    }

    /// Emits the output's side: zeros in the padding, and the hidden state after each sequence's own last step.
    void emitResults() {
        emitSelect(emitter, lengths, aligned.output(), part.output(), isTurned());
        if (part.last().h() != null) {
            emitLast(aligned.output(), part.last().h());
        }
    }

    /// Emits the gradients that the aligned direction's outputs receive.
    RecurrentTraining.OutputGradients emitAligned(RecurrentTraining.OutputGradients given) {
        Value output = emitter.temporary(aligned.output().shape());
        if (given.output() == null) {
            emitter.zero(output);
        } else {
            emitSelect(emitter, lengths, given.output(), output, isTurned());
        }
        if (given.h() != null) {
            emitAddToLast(given.h(), output);
        }
        return new RecurrentTraining.OutputGradients(output, null, given.c());
    }

    /// Emits the gradients of the inputs from those of the aligned ones: zeros in the padding.
    void emitInputGradients(RecurrentTraining.InputGradients from, RecurrentTraining.InputGradients to) {
        if (to.x() != null) {
            Value x = from.x().slice(2, 0, part.descriptor().input());
            emitSelect(emitter, lengths, x, to.x(), isTurned());
        }
        if (to.attention() != null) {
            emitSelect(emitter, lengths, from.attention(), to.attention(), isTurned());
        }
    }

    /// Emits `to[t] = from[t]`, or `to[t] = from[length - 1 - t]` where turned, and zeros from each sequence's length
    /// on. Values are (T, N, …); doing it twice gives what doing it once gives, or turns back.
    private static void emitSelect(Emitter emitter, Value lengths, Value from, Value to, boolean turned) {
        Value source = rows(emitter, from);
        long steps = from.shape().size(0);
        long batch = from.shape().size(1);
        long rowBytes = from.shape().elements() / (steps * batch) * Float.BYTES;
        String problem = (turned ? "turn round " : "mask ") + from.shape();
        emitter.kernel(problem, "Java", List.of(lengths, source), List.of(to), memory -> {
            MemorySegment counts = memory.segment(lengths);
            MemorySegment src = memory.segment(source);
            MemorySegment dst = memory.segment(to);
            return () -> {
                for (long n = 0; n < batch; n++) {
                    long length = counts.getAtIndex(I64, n);
                    for (long t = 0; t < steps; t++) {
                        long target = offset(to, t, n);
                        if (t < length) {
                            long read = offset(source, turned ? length - 1 - t : t, n);
                            MemorySegment.copy(src, read, dst, target, rowBytes);
                        } else {
                            dst.asSlice(target, rowBytes).fill((byte) 0);
                        }
                    }
                }
            };
        });
    }

    private static Value rows(Emitter emitter, Value value) {
        boolean contiguous = value.shape().rank() < 3
                || value.stride(2) == 1
                || value.shape().size(2) == 1;
        return contiguous ? value : emitter.dense(value);
    }

    private static long offset(Value value, long t, long n) {
        return (t * value.stride(0) + n * value.stride(1)) * Float.BYTES;
    }

    /// Emits 1 in the padding and 0 before.
    private static void emitPadding(Emitter emitter, Value lengths, Value channel) {
        long steps = channel.shape().size(0);
        long batch = channel.shape().size(1);
        emitter.kernel("padding's channel " + channel.shape(), "Java", List.of(lengths), List.of(channel), memory -> {
            MemorySegment counts = memory.segment(lengths);
            MemorySegment dst = memory.segment(channel);
            return () -> {
                for (long n = 0; n < batch; n++) {
                    long length = counts.getAtIndex(I64, n);
                    for (long t = 0; t < steps; t++) {
                        dst.set(F32, offset(channel, t, n), t < length ? 0 : 1);
                    }
                }
            };
        });
    }

    private void emitLast(Value output, Value hN) {
        long batch = hN.shape().size(0);
        long rowBytes = hN.shape().size(1) * Float.BYTES;
        emitter.kernel("last of " + output.shape(), "Java", List.of(lengths, output), List.of(hN), memory -> {
            MemorySegment counts = memory.segment(lengths);
            MemorySegment src = memory.segment(output);
            MemorySegment dst = memory.segment(hN);
            return () -> {
                for (long n = 0; n < batch; n++) {
                    long read = offset(output, counts.getAtIndex(I64, n) - 1, n);
                    MemorySegment.copy(src, read, dst, n * hN.stride(0) * Float.BYTES, rowBytes);
                }
            };
        });
    }

    private void emitAddToLast(Value dhN, Value into) {
        Value summand = emitter.dense(dhN);
        long batch = dhN.shape().size(0);
        long width = dhN.shape().size(1);
        List<Value> reads = List.of(lengths, summand, into);
        emitter.kernel("gradient of the last of " + into.shape(), "Java", reads, List.of(into), memory -> {
            MemorySegment counts = memory.segment(lengths);
            MemorySegment src = memory.segment(summand);
            MemorySegment dst = memory.segment(into);
            return () -> {
                for (long n = 0; n < batch; n++) {
                    long row = offset(into, counts.getAtIndex(I64, n) - 1, n) / Float.BYTES;
                    for (long i = 0; i < width; i++) {
                        float sum = dst.getAtIndex(F32, row + i) + src.getAtIndex(F32, n * width + i);
                        dst.setAtIndex(F32, row + i, sum);
                    }
                }
            };
        });
    }
}
