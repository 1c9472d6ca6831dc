package dev.rondo.bench;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.OrtSession.SessionOptions;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.IntBuffer;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// ONNX Runtime on its CPU provider: one session for all callers, inputs and outputs in direct buffers that are bound
/// once. Everything else is as the artifact has it: with more than one thread, its pool spins between runs.
public final class OnnxRuntime implements Library {
    @Override
    public String name() {
        return "onnxruntime";
    }

    @Override
    public int rank() {
        return 1;
    }

    @Override
    public boolean hasLayer(LayerShape shape) {
        return true;
    }

    @Override
    public boolean hasStream(LayerShape shape) {
        return true;
    }

    @Override
    public Contender layer(LayerShape shape, int threads) {
        return new Layer(session(shape, threads, false), shape, true);
    }

    @Override
    public Contender stream(LayerShape shape, int threads) {
        return new Stream(session(shape, threads, true), shape, true);
    }

    private static OrtSession session(LayerShape shape, int threads, boolean isStream) {
        try (SessionOptions options = new SessionOptions()) {
            options.setIntraOpNumThreads(threads);
            options.setInterOpNumThreads(1);
            return OrtEnvironment.getEnvironment().createSession(OnnxModel.of(shape, isStream), options);
        } catch (OrtException e) {
            throw new IllegalStateException(e);
        }
    }

    private static OnnxTensor tensor(FloatBuffer buffer, long... sizes) throws OrtException {
        return OnnxTensor.createTensor(OrtEnvironment.getEnvironment(), buffer, sizes);
    }

    private static FloatBuffer floats(long count) {
        return bytes(count * Float.BYTES).asFloatBuffer();
    }

    private static ByteBuffer bytes(long count) {
        return ByteBuffer.allocateDirect(Math.toIntExact(count)).order(ByteOrder.nativeOrder());
    }

    private static float[] copy(FloatBuffer buffer) {
        float[] values = new float[buffer.capacity()];
        buffer.get(0, values);
        return values;
    }

    private static void run(OrtSession session, Map<String, OnnxTensor> inputs, Map<String, OnnxTensor> outputs) {
        try (OrtSession.Result _ = session.run(inputs, outputs)) {
            // the result is in the bound buffers
        } catch (OrtException e) {
            throw new IllegalStateException(e);
        }
    }

    private static final class Layer implements Contender {
        private final OrtSession session;
        private final LayerShape shape;
        private final boolean isOwner;
        private final FloatBuffer output;
        private final Map<String, OnnxTensor> inputs = new HashMap<>();
        private final Map<String, OnnxTensor> outputs;

        Layer(OrtSession session, LayerShape shape, boolean isOwner) {
            this.session = session;
            this.shape = shape;
            this.isOwner = isOwner;
            try {
                long[] sizes = shape.sequence().sizes();
                inputs.put("x", tensor(floats(shape.sequence().elements()).put(0, shape.values()), sizes));
                if (shape.isRagged()) {
                    IntBuffer lengths =
                            bytes((long) shape.batch() * Integer.BYTES).asIntBuffer();
                    lengths.put(0, shape.lengths());
                    inputs.put("lengths", OnnxTensor.createTensor(OrtEnvironment.getEnvironment(), lengths, new long[] {
                        shape.batch()
                    }));
                }
                output = floats(shape.output().elements());
                OnnxTensor result = shape.isBidirectional()
                        ? tensor(output, shape.output().sizes())
                        : tensor(output, shape.steps(), 1, shape.batch(), shape.hidden());
                outputs = Map.of(session.getOutputNames().iterator().next(), result);
            } catch (OrtException e) {
                throw new IllegalStateException(e);
            }
        }

        @Override
        public void run() {
            OnnxRuntime.run(session, inputs, outputs);
        }

        @Override
        public float[] output() {
            return copy(output);
        }

        @Override
        public Contender another() {
            return new Layer(session, shape, false);
        }

        @Override
        public void close() {
            inputs.values().forEach(OnnxTensor::close);
            outputs.values().forEach(OnnxTensor::close);
            if (isOwner) {
                OnnxRuntime.close(session);
            }
        }
    }

    private static void close(OrtSession session) {
        try {
            session.close();
        } catch (OrtException e) {
            throw new IllegalStateException(e);
        }
    }

    /// Two sets of states, read and written in turn.
    private static final class Stream implements Contender {
        private final OrtSession session;
        private final LayerShape shape;
        private final boolean isOwner;
        private final FloatBuffer[] hidden = new FloatBuffer[2];
        private final OnnxTensor x;
        private final List<Map<String, OnnxTensor>> inputs = List.of(new HashMap<>(), new HashMap<>());
        private final List<Map<String, OnnxTensor>> outputs = List.of(new HashMap<>(), new HashMap<>());
        private int turn;

        Stream(OrtSession session, LayerShape shape, boolean isOwner) {
            this.session = session;
            this.shape = shape;
            this.isOwner = isOwner;
            try {
                x = tensor(
                        floats(shape.sequence().elements()).put(0, shape.values()),
                        shape.sequence().sizes());
                for (int i = 0; i < 2; i++) {
                    inputs.get(i).put("x", x);
                    for (String state : shape.cell().equals("lstm") ? List.of("h", "c") : List.of("h")) {
                        FloatBuffer values = floats((long) shape.batch() * shape.hidden());
                        OnnxTensor tensor = tensor(values, 1, shape.batch(), shape.hidden());
                        inputs.get(i).put(state, tensor);
                        outputs.get(1 - i).put(state + "N", tensor);
                        if (state.equals("h")) {
                            hidden[i] = values;
                        }
                    }
                }
            } catch (OrtException e) {
                throw new IllegalStateException(e);
            }
        }

        @Override
        public void run() {
            OnnxRuntime.run(session, inputs.get(turn), outputs.get(turn));
            turn = 1 - turn;
        }

        @Override
        public float[] output() {
            return copy(hidden[turn]);
        }

        @Override
        public Contender another() {
            return new Stream(session, shape, false);
        }

        @Override
        public void close() {
            x.close();
            outputs.forEach(tensors -> tensors.values().forEach(OnnxTensor::close));
            if (isOwner) {
                OnnxRuntime.close(session);
            }
        }
    }
}
