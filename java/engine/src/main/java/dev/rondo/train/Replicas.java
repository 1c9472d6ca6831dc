package dev.rondo.train;

import dev.rondo.op.Accumulation;
import dev.rondo.op.GradientNorm;
import dev.rondo.program.PackedWeights;
import dev.rondo.program.Program;
import dev.rondo.program.Recorder;
import dev.rondo.program.Replay;
import dev.rondo.program.Resources;
import dev.rondo.program.Value;
import dev.rondo.tensor.DataType;
import dev.rondo.tensor.Shape;
import dev.rondo.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.ref.Reference;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// Gradients that several runs add up: programs that compute gradients and add them to a replica's sum, and one
/// program that adds the replicas' sums in their order, clips and updates.
///
/// Each replica has the gradients of all parameters in one array, each at a multiple of 16 elements.
final class Replicas {
    private static final long ALIGNMENT = 16; // elements: 64 bytes

    private final Arena arena = Arena.ofShared();
    private final Map<String, Shape> shapes = new LinkedHashMap<>();
    private final Tensor[] sums;
    private final Execution[] executions;
    private final Program update;
    private final Replay replay;

    /// @param resources takes charge of closing everything
    Replicas(
            Slots slots,
            Updates updates,
            TrainingStep.Objective objective,
            PackedWeights weights,
            Resources resources,
            int count,
            int runs,
            int threads) {
        resources.add(arena::close);
        this.sums = new Tensor[count];
        this.executions = new Execution[count];
        for (int r = 0; r < count; r++) {
            executions[r] = new Execution(replica(r, slots, updates, objective).finish(weights, threads), slots);
            resources.add(executions[r]::close);
        }
        Recorder recorder = new Recorder(true);
        Value sum = recorder.weight(sums[0]);
        for (int r = 1; r < count; r++) {
            recorder.record(new Accumulation(recorder.weight(sums[r]), sum));
        }
        updates.record(recorder, parts(sum), count * runs);
        this.update = recorder.finish(weights, threads);
        resources.add(update::close);
        this.replay = update.replay(arena);
        resources.add(replay::close);
    }

    private Recorder replica(int r, Slots slots, Updates updates, TrainingStep.Objective objective) {
        Recording recording = new Recording(new Recorder(true), slots, objective);
        Recorder recorder = recording.recorder;
        Map<String, Value> gradients = updates.gradients(recording);
        if (r == 0) {
            gradients.forEach((name, gradient) -> shapes.put(name, gradient.shape()));
        } else if (!gradients.keySet().equals(shapes.keySet())) {
            throw new IllegalArgumentException("replicas 0 and " + r + " depend on different parameters");
        }
        Map<String, Value> named = new LinkedHashMap<>();
        gradients.forEach((name, gradient) -> named.put(sums.length == 1 ? name : name + " in replica " + r, gradient));
        GradientNorm check = new GradientNorm(named, 1, Double.POSITIVE_INFINITY, List.of());
        recorder.output(Updates.NORM, recorder.record(check).output());
        long elements = shapes.values().stream().mapToLong(Replicas::aligned).sum();
        sums[r] = Tensor.allocate(arena, Shape.of(elements), DataType.F32);
        Map<String, Value> parts = parts(recorder.weight(sums[r]));
        gradients.forEach((name, gradient) -> recorder.record(new Accumulation(gradient, parts.get(name))));
        return recorder;
    }

    private static long aligned(Shape shape) {
        return Math.ceilDiv(shape.elements(), ALIGNMENT) * ALIGNMENT;
    }

    private Map<String, Value> parts(Value sum) {
        Map<String, Value> parts = new LinkedHashMap<>();
        long offset = 0;
        for (Map.Entry<String, Shape> entry : shapes.entrySet()) {
            Shape shape = entry.getValue();
            Value part = sum.slice(0, offset, offset + shape.elements());
            parts.put(entry.getKey(), part.reshape(shape.sizes()));
            offset += aligned(shape);
        }
        return parts;
    }

    Execution[] executions() {
        return executions;
    }

    /// The sums by name.
    Map<String, Tensor> tensors() {
        Map<String, Tensor> tensors = new LinkedHashMap<>();
        for (int r = 0; r < sums.length; r++) {
            tensors.put("accumulated." + r, sums[r]);
        }
        return tensors;
    }

    Tensor norm() {
        return replay.outputs().get(Updates.NORM);
    }

    /// Adds the replicas' gradients, clips and updates.
    void update() {
        try {
            replay.run();
        } finally {
            // Parameters are freed with their last reference, and native code has only their addresses.
            Reference.reachabilityFence(update);
        }
    }

    /// Makes all sums zero.
    void clear() {
        for (Tensor sum : sums) {
            sum.data().fill((byte) 0);
        }
    }

    long byteSize() {
        long bytes = update.byteSize();
        for (Tensor sum : sums) {
            bytes += sum.data().byteSize();
        }
        return bytes;
    }
}
