package dev.rondo.op;

import dev.rondo.kernel.CellKernel;
import dev.rondo.kernel.CellKernel.Array;
import dev.rondo.kernel.Kernels;
import dev.rondo.program.Emitter;
import dev.rondo.program.Gradients;
import dev.rondo.program.Op;
import dev.rondo.program.Value;
import dev.rondo.tensor.DataType;
import dev.rondo.tensor.Shape;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// One step of a gated cell after its products: what [CellKernel] computes, which only builds with native code have.
///
/// share and product (N, G*H); states (N, H): h for a GRU, c for an LSTM, c, n and m for an sLSTM. The outputs are h
/// after the step and then, but for a GRU, what becomes of the other states.
public final class CellStep extends Op {
    /// Layer normalization of the recurrent product and, in an LSTM, of the cell state where the output reads it.
    ///
    /// @param gain      (G*H)
    /// @param shift     (G*H)
    /// @param cellGain  (H), or null
    /// @param cellShift (H), or null
    /// @param eps       added to variances
    public record Norm(
            Value gain,
            Value shift,
            @Nullable Value cellGain,
            @Nullable Value cellShift,
            float eps) {
        Stream<Value> values() {
            return Stream.of(gain, shift, cellGain, cellShift).filter(value -> value != null);
        }
    }

    private static final List<Array> SOURCES = List.of(Array.SRC_CELL, Array.SRC_NORMALIZER, Array.SRC_STABILIZER);
    private static final List<Array> RESULTS = List.of(Array.DST, Array.CELL, Array.NORMALIZER, Array.STABILIZER);

    private final CellKernel cell;
    private final Value share;
    private final Value product;
    private final @Nullable Norm norm;
    private final List<Value> states;
    private final Map<Array, Value> kept = new EnumMap<>(Array.class); // for the way back

    /// @param norm or null for none; LSTM and GRU alone have it
    public CellStep(CellKernel cell, Value share, Value product, @Nullable Norm norm, List<Value> states) {
        super(Stream.of(
                        Stream.of(Copy.dense(share), product),
                        norm == null ? Stream.<Value>empty() : norm.values(),
                        states.stream())
                .flatMap(values -> values)
                .toList());
        this.cell = cell;
        this.share = inputs().getFirst();
        this.product = product;
        this.norm = norm;
        this.states = List.copyOf(states);
        String name = cell + " step";
        Shape state = states.getFirst().shape();
        Shape gates = state.with(1, cell.gates() * state.size(1));
        Shapes.requireWeight(this.share, gates, name, "the input's share");
        Shapes.requireWeight(product, gates, name, "the recurrent product");
        states.forEach(one -> Shapes.requireWeight(one, state, name, "a state"));
        if (norm != null) {
            Shapes.requireWeight(norm.gain(), Shape.of(gates.size(1)), name, "a gain");
            Shapes.requireWeight(norm.shift(), Shape.of(gates.size(1)), name, "a shift");
        }
        List<Value> results = new ArrayList<>();
        for (int i = 0; i < (cell == CellKernel.GRU ? 1 : 1 + states.size()); i++) {
            results.add(value(state));
        }
        kept.put(Array.GATES, value(gates));
        if (norm != null) {
            kept.put(Array.NORMALIZED, value(gates));
            kept.put(Array.SCALES, value(Shape.of(state.size(0), 2)));
            if (cell == CellKernel.LSTM) {
                kept.put(Array.NORMALIZED_CELL, value(state));
            }
        }
        results.addAll(kept.values());
        gives(results.toArray(Value[]::new));
    }

    private Value value(Shape shape) {
        return share.recorder().allocate(shape, DataType.F32);
    }

    /// The states after the step, h first.
    public List<Value> results() {
        return outputs().subList(0, outputs().size() - kept.size());
    }

    @Override
    public void forward(Emitter emitter) {
        Map<Array, Value> arrays = read();
        for (int i = 0; i < results().size(); i++) {
            arrays.put(RESULTS.get(i), results().get(i));
        }
        arrays.putAll(kept);
        emit(emitter, false, arrays, outputs());
    }

    private Map<Array, Value> read() {
        Map<Array, Value> arrays = new EnumMap<>(Array.class);
        arrays.put(Array.SHARE, share);
        arrays.put(Array.PRODUCT, product);
        for (int i = 0; i < states.size(); i++) {
            arrays.put(cell == CellKernel.GRU ? Array.SRC : SOURCES.get(i), states.get(i));
        }
        if (norm != null) {
            arrays.put(Array.GAIN, norm.gain());
            arrays.put(Array.SHIFT, norm.shift());
            if (cell == CellKernel.LSTM) {
                arrays.put(Array.CELL_GAIN, norm.cellGain());
                arrays.put(Array.CELL_SHIFT, norm.cellShift());
            }
        }
        return arrays;
    }

    private void emit(Emitter emitter, boolean isBackward, Map<Array, Value> arrays, List<Value> writes) {
        Shape state = states.getFirst().shape();
        if (state.elements() == 0) {
            writes.forEach(emitter::zero);
            return;
        }
        List<Value> reads = arrays.values().stream()
                .filter(value -> !writes.contains(value))
                .toList();
        emitter.kernel(
                cell + " step" + (isBackward ? " backward " : " ") + state + (norm == null ? "" : ", layer norm"),
                Kernels.available().toString(),
                reads,
                writes,
                memory -> {
                    Map<Array, MemorySegment> segments = new EnumMap<>(Array.class);
                    arrays.forEach((array, value) -> segments.put(array, memory.segment(value)));
                    float eps = norm == null ? 0 : norm.eps();
                    return cell.of(isBackward, state.size(0), state.size(1), eps, segments, memory.arena());
                });
    }

    @Override
    public void backward(Gradients gradients) {
        Backward backward = share.recorder().record(new Backward(gradients));
        Value ofShare = backward.written.get(Array.DIFF_SHARE);
        gradients.add(share, ofShare);
        gradients.add(product, backward.written.getOrDefault(Array.DIFF_PRODUCT, ofShare));
        if (cell == CellKernel.GRU) {
            gradients.add(states.getFirst(), backward.written.get(Array.DIFF_SRC));
        } else {
            gradients.add(states.getFirst(), backward.written.get(Array.DIFF_SRC_CELL));
        }
        if (cell == CellKernel.SLSTM) {
            gradients.add(states.get(1), backward.written.get(Array.DIFF_SRC_NORMALIZER));
        }
        if (norm != null) {
            gather(gradients, norm.gain(), backward.written.get(Array.DIFF_GAIN));
            gather(gradients, norm.shift(), backward.written.get(Array.DIFF_SHIFT));
            gather(gradients, norm.cellGain(), backward.written.get(Array.DIFF_CELL_GAIN));
            gather(gradients, norm.cellShift(), backward.written.get(Array.DIFF_CELL_SHIFT));
        }
    }

    private static void gather(Gradients gradients, @Nullable Value of, @Nullable Value row) {
        if (of != null) {
            gradients.gather(
                    of,
                    row.unsqueeze(0),
                    rows -> Sum.to(
                            of.shape(),
                            row.recorder().record(new Concat(rows, 0)).output()));
        }
    }

    /// The gradients of what a step read.
    private final class Backward extends Op {
        private final Map<Array, Value> received = new EnumMap<>(Array.class);
        private final Map<Array, Value> written = new EnumMap<>(Array.class);

        Backward(Gradients gradients) {
            super(Stream.of(
                            CellStep.this.inputs().stream(),
                            CellStep.this.outputs().stream(),
                            results().stream()
                                    .limit(3)
                                    .map(gradients::of)
                                    .filter(value -> value != null)
                                    .map(Copy::dense))
                    .flatMap(values -> values)
                    .toList());
            List<Array> arrays = List.of(Array.DIFF_DST, Array.DIFF_CELL, Array.DIFF_NORMALIZER);
            int next = CellStep.this.inputs().size() + CellStep.this.outputs().size();
            for (int i = 0; i < Math.min(3, results().size()); i++) {
                if (gradients.has(results().get(i))) {
                    received.put(arrays.get(i), inputs().get(next++));
                }
            }
            write(Array.DIFF_SHARE, share);
            if (cell == CellKernel.GRU || norm != null) {
                write(Array.DIFF_PRODUCT, product);
            }
            write(cell == CellKernel.GRU ? Array.DIFF_SRC : Array.DIFF_SRC_CELL, states.getFirst());
            if (cell == CellKernel.SLSTM) {
                write(Array.DIFF_SRC_NORMALIZER, states.get(1));
            }
            if (norm != null) {
                write(Array.DIFF_GAIN, norm.gain());
                write(Array.DIFF_SHIFT, norm.shift());
                if (cell == CellKernel.LSTM) {
                    write(Array.DIFF_CELL_GAIN, norm.cellGain());
                    write(Array.DIFF_CELL_SHIFT, norm.cellShift());
                }
            }
            gives(written.values().toArray(Value[]::new));
        }

        private void write(Array array, Value of) {
            written.put(array, value(of.shape()));
        }

        @Override
        public void forward(Emitter emitter) {
            Map<Array, Value> arrays = read();
            for (int i = 0; i < results().size(); i++) {
                arrays.put(RESULTS.get(i), results().get(i));
            }
            arrays.putAll(kept);
            arrays.putAll(received);
            arrays.putAll(written);
            emit(emitter, true, arrays, outputs());
        }
    }
}
