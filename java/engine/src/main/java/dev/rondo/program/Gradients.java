package dev.rondo.program;

import dev.rondo.tensor.DataType;
import dev.rondo.tensor.Shape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// The gradients of a loss while they are recorded, from the last operation to the first.
///
/// A gradient belongs to memory, not to a value: what several views of the same memory receive is added up where they
/// look.
///
/// Threads: one, the one that records.
public final class Gradients {
    private final Recorder recorder;
    private final Set<Buffer> dependent; // what depends on a variable
    private final Map<Buffer, Value> gradients = new IdentityHashMap<>(); // dense, of as many elements
    private final Set<Buffer> owned = new HashSet<>(); // gradients that nothing else reads: they may be added to
    private final Map<Buffer, List<Gathered<?>>> gathered = new IdentityHashMap<>();

    /// What several operations give one value, to be computed together.
    private record Gathered<P>(Value value, List<P> parts, Function<List<P>, Value> together) {
        boolean is(Value other, Class<?> kind) {
            return value.shape().equals(other.shape())
                    && value.byteOffset() == other.byteOffset()
                    && Arrays.equals(value.strides(), other.strides())
                    && parts.getFirst().getClass() == kind;
        }

        Value gradient() {
            return together.apply(parts);
        }
    }

    Gradients(Recorder recorder, Set<Buffer> dependent) {
        this.recorder = recorder;
        this.dependent = dependent;
    }

    /// Whether a gradient is wanted for this value: whether it depends on a variable.
    public boolean wants(@Nullable Value value) {
        return value != null && dependent.contains(value.buffer());
    }

    /// Whether this value has received a gradient.
    public boolean has(Value value) {
        return gradients.containsKey(value.buffer()) || gathered.containsKey(value.buffer());
    }

    /// The gradient that this value has received, null for zeros.
    public @Nullable Value of(Value value) {
        settle(value.buffer());
        Value gradient = gradients.get(value.buffer());
        return gradient == null ? null : value.of(gradient);
    }

    /// Adds to the gradient of a value.
    ///
    /// @param value    any value; nothing happens unless a gradient is wanted for it
    /// @param gradient of the value's shape
    public void add(@Nullable Value value, Value gradient) {
        if (value == null || !wants(value)) {
            return;
        }
        Value known = gradients.get(value.buffer());
        if (known == null && value.isWhole() && gradient.isDense()) {
            gradients.put(value.buffer(), gradient);
        } else if (known != null && owned.contains(value.buffer())) {
            recorder.record(new Accumulation(gradient, value.of(known)));
        } else if (known != null && value.isWhole()) {
            Value sum = recorder.allocate(value.shape(), DataType.F32);
            recorder.record(new Addition(value.of(known), gradient, sum));
            own(value.buffer(), sum);
        } else {
            Value whole = recorder.allocate(Shape.of(value.buffer().byteSize / DataType.F32.byteSize()), DataType.F32);
            recorder.record(
                    known == null
                            ? new Zeros(whole)
                            : new Copying(known.reshape(whole.shape().sizes()), whole));
            own(value.buffer(), whole);
            recorder.record(new Accumulation(gradient, value.of(whole)));
        }
    }

    private void own(Buffer of, Value gradient) {
        gradients.put(of, gradient);
        owned.add(of);
    }

    /// Adds to the gradient of a value something that is cheaper to compute for all operations that use the value than
    /// for each: the products that unrolled steps give the gradient of their common weight are one product over all
    /// steps.
    ///
    /// @param value    any value; nothing happens unless a gradient is wanted for it
    /// @param part     what the operation gives
    /// @param together computes the gradient from the parts of the same class, in the order in which they came
    public <P> void gather(@Nullable Value value, P part, Function<List<P>, Value> together) {
        if (value == null || !wants(value)) {
            return;
        }
        List<Gathered<?>> all = gathered.computeIfAbsent(value.buffer(), _ -> new ArrayList<>());
        for (Gathered<?> one : all) {
            if (one.is(value, part.getClass())) {
                @SuppressWarnings("unchecked") // parts of one class come with the function for it
                List<P> parts = (List<P>) one.parts();
                parts.add(part);
                return;
            }
        }
        all.add(new Gathered<>(value, new ArrayList<>(List.of(part)), together));
    }

    private void settle(Buffer buffer) {
        List<Gathered<?>> all = gathered.remove(buffer);
        if (all != null) {
            all.forEach(one -> add(one.value(), one.gradient()));
        }
    }

    /// Records what is still to be computed together.
    void settle() {
        List.copyOf(gathered.keySet()).forEach(this::settle);
    }

    private static final class Zeros extends Op {
        Zeros(Value result) {
            super(List.of());
            gives(result);
        }

        @Override
        public void forward(Emitter emitter) {
            emitter.zero(output());
        }
    }

    private static final class Copying extends Op {
        private final Value from;

        Copying(Value from, Value to) {
            super(List.of(from));
            this.from = from;
            gives(to);
        }

        @Override
        public void forward(Emitter emitter) {
            emitter.copy(from, output());
        }
    }

    private static final class Accumulation extends Op {
        private final Value summand;

        Accumulation(Value summand, Value sum) {
            super(List.of(summand, sum));
            this.summand = summand;
            gives(sum);
        }

        @Override
        public void forward(Emitter emitter) {
            emitter.accumulate(summand, output());
        }
    }

    private static final class Addition extends Op {
        private final Value a;
        private final Value b;

        Addition(Value a, Value b, Value sum) {
            super(List.of(a, b));
            this.a = a;
            this.b = b;
            gives(sum);
        }

        @Override
        public void forward(Emitter emitter) {
            emitter.sum(a, b, output());
        }
    }
}
