package dev.rondo.program;

import dev.rondo.tensor.DataType;
import dev.rondo.tensor.Shape;
import dev.rondo.tensor.Tensor;
import java.util.Arrays;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/// A tensor of a program that is being recorded: its shape and type are known, its elements are not.
///
/// Values are made by a [Recorder], by layers (`dev.rondo.nn`) and by the functions of `dev.rondo.nn.Functional`; they
/// mean something only to the recorder that they came from. A transposed or sliced value is a view: it costs nothing.
///
/// Threads: one, the one that records.
public final class Value {
    private final Recorder recorder;
    private final Shape shape;
    private final DataType type;
    private final Buffer buffer;
    private final long[] strides; // in elements
    private final long offset; // in elements
    private final @Nullable View view;

    Value(Recorder recorder, Shape shape, DataType type, Buffer buffer, long[] strides, long offset) {
        this(recorder, shape, type, buffer, strides, offset, null);
    }

    private Value(
            Recorder recorder,
            Shape shape,
            DataType type,
            Buffer buffer,
            long[] strides,
            long offset,
            @Nullable View view) {
        this.recorder = recorder;
        this.shape = shape;
        this.type = type;
        this.buffer = buffer;
        this.strides = strides;
        this.offset = offset;
        this.view = view;
    }

    private Value viewed(View how, Shape sizes, long[] steps, long start) {
        return new Value(recorder, sizes, type, buffer, steps, start, how);
    }

    /// How this value looks at another one, or null if it is one of its own.
    public @Nullable View view() {
        return view;
    }

    /// Sizes of the dimensions.
    public Shape shape() {
        return shape;
    }

    /// Type of the elements.
    public DataType type() {
        return type;
    }

    /// The recorder that this value belongs to.
    public Recorder recorder() {
        return recorder;
    }

    /// This value with two dimensions exchanged; a view. Negative dimensions count from the last.
    ///
    /// @throws IllegalArgumentException if there is no such dimension
    public Value transpose(int first, int second) {
        int[] order = IntStream.range(0, strides.length).toArray();
        order[shape.dimension(first)] = shape.dimension(second);
        order[shape.dimension(second)] = shape.dimension(first);
        return permute(order);
    }

    /// This value with its dimensions in another order; a view.
    ///
    /// @param order for each dimension of the result, which of this value's it is
    /// @throws IllegalArgumentException if that is not every dimension once
    public Value permute(int... order) {
        boolean[] seen = new boolean[strides.length];
        boolean fits = order.length == strides.length;
        long[] sizes = new long[order.length];
        long[] steps = new long[order.length];
        for (int i = 0; fits && i < order.length; i++) {
            fits = order[i] >= 0 && order[i] < seen.length && !seen[order[i]];
            if (fits) {
                seen[order[i]] = true;
                sizes[i] = shape.size(order[i]);
                steps[i] = strides[order[i]];
            }
        }
        if (!fits) {
            throw new IllegalArgumentException(
                    "the dimensions of " + shape + " cannot be put in the order " + Arrays.toString(order));
        }
        return viewed(new View.Permuted(this, order.clone()), Shape.of(sizes), steps, offset);
    }

    /// A part along one dimension, `from` (included) to `to` (excluded); a view. Negative dimensions count from
    /// the last.
    ///
    /// @throws IllegalArgumentException if the range is not inside the dimension
    public Value slice(int dimension, long from, long to) {
        if (from < 0 || to < from || to > shape.size(dimension)) {
            throw new IllegalArgumentException(
                    "slice " + from + ".." + to + " is not inside dimension " + dimension + " of " + shape);
        }
        long start = offset + from * strides[shape.dimension(dimension)];
        View how = new View.Sliced(this, shape.dimension(dimension), from, to);
        return viewed(how, shape.with(dimension, to - from), strides, start);
    }

    /// One index of a dimension, which the result lacks; a view.
    ///
    /// @throws IllegalArgumentException if the index is not inside the dimension
    public Value select(int dimension, long index) {
        Value slice = slice(dimension, index, index + 1);
        int dropped = shape.dimension(dimension);
        return viewed(
                new View.Selected(this, dropped, index),
                Shape.of(without(slice.shape.sizes(), dropped)),
                without(strides, dropped),
                slice.offset);
    }

    /// This value with one more dimension, of size 1; a view.
    ///
    /// @param dimension where it stands in the result; not negative
    public Value unsqueeze(int dimension) {
        long[] sizes = new long[strides.length + 1];
        long[] steps = new long[strides.length + 1];
        for (int i = 0; i < sizes.length; i++) {
            int old = i < dimension ? i : i - 1;
            sizes[i] = i == dimension ? 1 : shape.size(old);
            steps[i] = i == dimension ? 1 : strides[old];
        }
        return viewed(new View.Reshaped(this), Shape.of(sizes), steps, offset);
    }

    private static long[] without(long[] values, int index) {
        long[] rest = new long[values.length - 1];
        System.arraycopy(values, 0, rest, 0, index);
        System.arraycopy(values, index + 1, rest, index, rest.length - index);
        return rest;
    }

    /// The same elements in another shape; a view.
    ///
    /// @throws IllegalArgumentException if the number of elements differs, or this value is a view with gaps
    public Value reshape(long... sizes) {
        Shape target = Shape.of(sizes);
        if (target.elements() != shape.elements()) {
            throw new IllegalArgumentException("shape " + shape + " cannot become " + target);
        }
        if (!isDense()) {
            throw new IllegalArgumentException("a transposed or sliced value of shape " + shape + " cannot become "
                    + target + ": make it contiguous first");
        }
        return viewed(new View.Reshaped(this), target, target.strides(), offset);
    }

    /// Whether the elements lie in C order without gaps.
    public boolean isDense() {
        long expected = 1;
        for (int i = strides.length - 1; i >= 0; i--) {
            if (shape.size(i) > 1 && strides[i] != expected) {
                return false;
            }
            expected *= Math.max(1, shape.size(i));
        }
        return true;
    }

    /// Strides in elements, as a copy.
    public long[] strides() {
        return strides.clone();
    }

    /// Stride of a dimension in elements; negative dimensions count from the last.
    public long stride(int dimension) {
        return strides[shape.dimension(dimension)];
    }

    long byteOffset() {
        return offset * type.byteSize();
    }

    /// Bytes from the first element to the end of the last one.
    long byteExtent() {
        if (shape.elements() == 0) {
            return 0;
        }
        long last = 0;
        for (int i = 0; i < strides.length; i++) {
            last += (shape.size(i) - 1) * strides[i];
        }
        return (last + 1) * type.byteSize();
    }

    Buffer buffer() {
        return buffer;
    }

    /// Whether this is the whole of its memory, in C order.
    boolean isWhole() {
        return isDense() && shape.elements() * type.byteSize() == buffer.byteSize;
    }

    /// The same part of something that is laid out like the whole of this value's memory.
    ///
    /// @param whole dense, with as many elements as this value's memory
    Value of(Value whole) {
        return new Value(recorder, shape, type, whole.buffer, strides, offset + whole.offset);
    }

    /// Whether an operation computes this value; if not, it is an input or a constant.
    public boolean isComputed() {
        return buffer.kind == Buffer.Kind.COMPUTED;
    }

    /// The constant that this value is, or null if it is a part of one, or one in another shape, or only a run will
    /// tell.
    public @Nullable Tensor constant() {
        boolean given = buffer.kind == Buffer.Kind.CONSTANT && isWhole();
        return given && shape.equals(buffer.tensor.shape()) ? buffer.tensor : null;
    }

    /// The constant that this value is or looks at, from [#offset()] on with this value's strides; null for
    /// all others, literals too.
    public @Nullable Tensor source() {
        return buffer.kind == Buffer.Kind.CONSTANT ? buffer.tensor : null;
    }

    /// Where the first element is, in elements from the beginning of what this value looks at.
    public long offset() {
        return offset;
    }

    /// The elements where they are known before any run, as those of a constant or a literal are; else null. A part of
    /// a tensor does not count as known.
    public @Nullable Tensor known() {
        boolean given = buffer.kind == Buffer.Kind.CONSTANT || buffer.kind == Buffer.Kind.LITERAL;
        return given && isWhole() ? new Tensor(shape, type, buffer.tensor.data()) : null;
    }

    @Override
    public String toString() {
        return type + " " + shape + (isDense() ? "" : " strides " + Arrays.toString(strides));
    }
}
