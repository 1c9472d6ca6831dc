package dev.rondo;

import dev.rondo.program.StreamPart;
import dev.rondo.tensor.DataType;
import dev.rondo.tensor.Shape;
import dev.rondo.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// A streaming session with a row for each of several streams, which come and go between its runs: their frames
/// and states are gathered into the rows, and outputs and states scattered back.
///
/// Threads: one at a time.
final class BatchedSession implements AutoCloseable {
    // Below some rows the reading of the weights is most of a step's time; beyond, each row adds to it.
    private static final int STRIDE = 16;

    private final Session session;
    private final int rows;
    private final Tensor[] inputs;
    private final Tensor[] outputs;

    private BatchedSession(Session session, int rows) {
        this.session = session;
        this.rows = rows;
        this.inputs = session.inputs().values().toArray(Tensor[]::new);
        this.outputs = session.outputs().values().toArray(Tensor[]::new);
    }

    /// @param samples the symbol of the inputs' dimension that has a place for each stream; other symbols are 1
    /// @throws IllegalArgumentException if an input has no row for each stream
    static BatchedSession of(Model model, String samples, int rows) {
        Shape[] shapes = model.inputs().stream()
                .map(input -> frames(input, samples, rows))
                .toArray(Shape[]::new);
        Session session = model.open(StreamPart.MIDDLE, 1, shapes);
        if (session.isLookingAhead()) {
            session.close();
            throw new IllegalArgumentException(
                    "a model that looks ahead gives results late, so its streams are stepped one by one");
        }
        return new BatchedSession(session, rows);
    }

    /// The shape of an input for one frame of each stream.
    static Shape frames(Input input, String samples, int rows) {
        List<String> dimensions = input.dimensions();
        long[] sizes = new long[dimensions.size()];
        for (int i = 0; i < sizes.length; i++) {
            String dimension = dimensions.get(i);
            sizes[i] = dimension.equals(samples)
                    ? rows
                    : Character.isDigit(dimension.charAt(0)) ? Long.parseLong(dimension) : 1;
        }
        int at = dimensions.indexOf(samples);
        Shape shape = Shape.of(sizes);
        if (at < 0 || !isFirst(shape, at)) {
            throw new IllegalArgumentException("input " + input + " has no place for each stream: " + samples
                    + " has to be its first dimension but for those of size 1");
        }
        return shape;
    }

    private static boolean isFirst(Shape shape, int dimension) {
        for (int i = 0; i < dimension; i++) {
            if (shape.size(i) != 1) {
                return false;
            }
        }
        return true;
    }

    /// @throws IllegalArgumentException if an output or state has no row for each stream
    private void requireRowsOf(BatchedSession one) {
        session.outputs().forEach((name, output) -> requireRows("output " + name, one.session.output(name), output));
        session.states()
                .forEach((name, state) ->
                        requireRows("state " + name, one.session.states().get(name), state));
    }

    private void requireRows(String what, Tensor one, Tensor all) {
        for (int i = 0; i < one.shape().rank(); i++) {
            if (isFirst(one.shape(), i + 1) && one.shape().with(i, rows).equals(all.shape())) {
                return;
            }
        }
        throw new IllegalArgumentException(what + " has no row for each stream: it is of shape " + one.shape()
                + " for one stream and " + all.shape() + " for " + rows);
    }

    int rows() {
        return rows;
    }

    /// Memory on the heap for a frame of one stream.
    Map<String, Tensor> frame() {
        return copies(session.inputs());
    }

    /// Memory on the heap for what a frame of one stream gives.
    Map<String, Tensor> result() {
        return copies(session.outputs());
    }

    /// Memory on the heap for the states of one stream, zeros.
    Map<String, Tensor> states() {
        return copies(session.states());
    }

    /// Only a session of one row has the shapes of one stream.
    private static Map<String, Tensor> copies(Map<String, Tensor> tensors) {
        Map<String, Tensor> copies = new LinkedHashMap<>();
        tensors.forEach((name, tensor) -> {
            int count = Math.toIntExact(tensor.shape().elements());
            MemorySegment memory = tensor.type() == DataType.I64
                    ? MemorySegment.ofArray(new long[count])
                    : MemorySegment.ofArray(new float[count]);
            copies.put(name, new Tensor(tensor.shape(), tensor.type(), memory));
        });
        return copies;
    }

    /// Steps streams by a frame. If that fails, none of them has changed.
    ///
    /// @param streams as many as there are rows, or fewer
    /// @throws IllegalStateException    if the session or its model is closed
    /// @throws IllegalArgumentException if an id of some stream is outside its embedding
    void step(List<BatchedStream> streams) {
        session.exclusively(() -> stepNow(streams));
    }

    private void stepNow(List<BatchedStream> streams) {
        Tensor[] states = session.states().values().toArray(Tensor[]::new);
        for (int row = 0; row < rows; row++) {
            // Rows that nobody has are computed like all others, and their ids checked.
            BatchedStream stream = streams.get(row < streams.size() ? row : 0);
            toRow(stream.inputs, inputs, row);
            toRow(stream.states, states, row);
        }
        session.replay();
        states = session.states().values().toArray(Tensor[]::new);
        for (int row = 0; row < streams.size(); row++) {
            fromRow(outputs, row, streams.get(row).outputs);
            fromRow(states, row, streams.get(row).states);
        }
    }

    private static void toRow(Tensor[] from, Tensor[] to, int row) {
        for (int i = 0; i < from.length; i++) {
            long bytes = from[i].data().byteSize();
            MemorySegment.copy(from[i].data(), 0, to[i].data(), row * bytes, bytes);
        }
    }

    private static void fromRow(Tensor[] from, int row, Tensor[] to) {
        for (int i = 0; i < from.length; i++) {
            long bytes = to[i].data().byteSize();
            MemorySegment.copy(from[i].data(), row * bytes, to[i].data(), 0, bytes);
        }
    }

    @Override
    public void close() {
        session.close();
    }

    /// Sessions of 1, 2, 4, 8, 16, 32, 48, … rows up to the largest number: few rows are never wasted where a
    /// row costs something.
    static List<BatchedSession> upTo(Model model, String samples, int largest) {
        List<BatchedSession> sessions = new ArrayList<>();
        try {
            for (int rows = 1; ; rows = Math.min(largest, rows + Math.min(rows, STRIDE))) {
                sessions.add(of(model, samples, rows));
                sessions.getLast().requireRowsOf(sessions.getFirst());
                if (rows == largest) {
                    return sessions;
                }
            }
        } catch (RuntimeException | Error e) {
            sessions.forEach(BatchedSession::close);
            throw e;
        }
    }
}
