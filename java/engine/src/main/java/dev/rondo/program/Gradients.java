package dev.rondo.program;

import dev.rondo.tensor.DataType;
import dev.rondo.tensor.Shape;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
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
    private final Map<Buffer, Buffer> gradients = new IdentityHashMap<>();
    private final Set<Buffer> owned = new HashSet<>(); // gradients that nothing else reads: they may be added to

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
        return gradients.containsKey(value.buffer());
    }

    /// The gradient that this value has received, null for zeros.
    public @Nullable Value of(Value value) {
        Buffer gradient = gradients.get(value.buffer());
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
        Buffer known = gradients.get(value.buffer());
        if (known == null && value.isWhole() && gradient.isWhole()) {
            gradients.put(value.buffer(), gradient.buffer());
            return;
        }
        if (known == null || !owned.contains(known)) {
            known = own(value.buffer(), known);
        }
        recorder.record(new Accumulation(gradient, value.of(known)));
    }

    private Buffer own(Buffer of, @Nullable Buffer known) {
        Value whole = recorder.allocate(Shape.of(of.byteSize / DataType.F32.byteSize()), DataType.F32);
        recorder.record(known == null ? new Zeros(whole) : new Copying(whole.of(known), whole));
        gradients.put(of, whole.buffer());
        owned.add(whole.buffer());
        return whole.buffer();
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
}
