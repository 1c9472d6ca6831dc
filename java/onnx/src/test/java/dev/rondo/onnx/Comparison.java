package dev.rondo.onnx;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import ai.onnxruntime.OnnxJavaType;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtLoggingLevel;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.TensorInfo;
import dev.rondo.Model;
import dev.rondo.Session;
import dev.rondo.onnx.graph.ElementType;
import dev.rondo.tensor.DataType;
import dev.rondo.tensor.Shape;
import dev.rondo.tensor.Tensor;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;

/// Runs files in Rondo and in ONNX Runtime.
final class Comparison {
    private static final double TOLERANCE = 2e-5;

    private Comparison() {}

    /// Asserts that both give the same for a case.
    static void assertAgreement(Case graph) {
        byte[] bytes = graph.bytes();
        Map<String, Tensor> expected = onnxRuntime(bytes, graph.values, graph.types);
        assertClose(graph.toString(), expected, rondo(bytes, graph.values), TOLERANCE);
    }

    static void assertClose(String name, Map<String, Tensor> expected, Map<String, Tensor> actual, double tolerance) {
        assertEquals(expected.keySet(), actual.keySet(), name);
        expected.forEach((output, tensor) -> {
            String title = name + ", output " + output;
            Tensor own = actual.get(output);
            assertEquals(tensor.shape(), own.shape(), title);
            assertEquals(tensor.type(), own.type(), title);
            if (tensor.type() == DataType.F32) {
                assertClose(title, tensor.toFloatArray(), own.toFloatArray(), tolerance);
            } else {
                assertArrayEquals(
                        tensor.data().toArray(ValueLayout.JAVA_BYTE), own.data().toArray(ValueLayout.JAVA_BYTE), title);
            }
        });
    }

    private static void assertClose(String title, float[] expected, float[] actual, double tolerance) {
        for (int i = 0; i < expected.length; i++) {
            boolean same = Float.compare(expected[i], actual[i]) == 0 || expected[i] == actual[i];
            double bound = tolerance * Math.max(1, Math.abs(expected[i]));
            if (!same && !(Math.abs(expected[i] - actual[i]) <= bound)) {
                assertEquals(expected[i], actual[i], bound, title + " at " + i);
            }
        }
    }

    /// The outputs of a run in Rondo.
    static Map<String, Tensor> rondo(byte[] bytes, Map<String, Tensor> inputs) {
        try {
            Path file = Files.createTempFile("case", ".onnx");
            try {
                Files.write(file, bytes);
                return rondo(file, inputs);
            } finally {
                Files.delete(file);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static Map<String, Tensor> rondo(Path file, Map<String, Tensor> inputs) throws IOException {
        try (Model model = OnnxModel.read(file).model();
                Session session = model.session(model.inputs().stream()
                        .map(input -> inputs.get(input.name()).shape())
                        .toArray(Shape[]::new))) {
            inputs.forEach((name, tensor) -> session.input(name).copyFrom(tensor));
            session.run();
            session.run(); // what it keeps must not change the result
            Map<String, Tensor> outputs = new LinkedHashMap<>();
            session.outputs().forEach((name, tensor) -> outputs.put(name, copy(tensor)));
            return outputs;
        }
    }

    private static Tensor copy(Tensor tensor) {
        return Tensor.allocate(Arena.ofAuto(), tensor.shape(), tensor.type()).copyFrom(tensor);
    }

    /// The outputs of a run in ONNX Runtime, in Rondo's types.
    static Map<String, Tensor> onnxRuntime(byte[] bytes, Map<String, Tensor> inputs, Map<String, ElementType> types) {
        OrtEnvironment environment = OrtEnvironment.getEnvironment();
        Map<String, OnnxTensor> given = new LinkedHashMap<>();
        try (OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
            options.setIntraOpNumThreads(1);
            // Its fusions quantise what the graph does not.
            options.setOptimizationLevel(OrtSession.SessionOptions.OptLevel.NO_OPT);
            options.setSessionLogLevel(OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL);
            try (OrtSession session = environment.createSession(bytes, options)) {
                for (Map.Entry<String, Tensor> input : inputs.entrySet()) {
                    given.put(input.getKey(), tensor(environment, input.getValue(), types.get(input.getKey())));
                }
                try (OrtSession.Result result = session.run(given)) {
                    Map<String, Tensor> outputs = new LinkedHashMap<>();
                    for (var output : result) {
                        outputs.put(output.getKey(), tensor((OnnxTensor) output.getValue()));
                    }
                    return outputs;
                }
            }
        } catch (OrtException e) {
            throw new IllegalStateException("ONNX Runtime: " + e.getMessage(), e);
        } finally {
            given.values().forEach(OnnxTensor::close);
        }
    }

    private static OnnxTensor tensor(OrtEnvironment environment, Tensor tensor, ElementType type) throws OrtException {
        ByteBuffer bytes =
                ByteBuffer.allocateDirect((int) tensor.data().byteSize()).order(ByteOrder.nativeOrder());
        MemorySegment.ofBuffer(bytes).copyFrom(tensor.data());
        long[] shape = tensor.shape().sizes();
        return switch (type) {
            case FLOAT -> OnnxTensor.createTensor(environment, bytes.asFloatBuffer(), shape);
            case INT64 -> OnnxTensor.createTensor(environment, bytes.asLongBuffer(), shape);
            case BOOL -> OnnxTensor.createTensor(environment, bytes, shape, OnnxJavaType.BOOL);
            case INT32 -> {
                ByteBuffer ints =
                        ByteBuffer.allocateDirect(bytes.capacity() / 2).order(ByteOrder.nativeOrder());
                for (int i = 0; i < bytes.capacity() / Long.BYTES; i++) {
                    ints.putInt(i * Integer.BYTES, (int) bytes.getLong(i * Long.BYTES));
                }
                yield OnnxTensor.createTensor(environment, ints.asIntBuffer(), shape);
            }
            default -> throw new IllegalArgumentException("no inputs of type " + type);
        };
    }

    private static Tensor tensor(OnnxTensor tensor) {
        TensorInfo info = tensor.getInfo();
        Shape shape = Shape.of(info.getShape());
        int count = (int) shape.elements();
        return switch (info.type) {
            case FLOAT -> {
                float[] values = new float[count];
                tensor.getFloatBuffer().get(values);
                yield Tensor.of(shape, values);
            }
            case INT64 -> {
                long[] values = new long[count];
                tensor.getLongBuffer().get(values);
                yield Tensor.of(shape, values);
            }
            case INT32 -> {
                int[] values = new int[count];
                tensor.getIntBuffer().get(values);
                yield Tensor.of(shape, Arrays.stream(values).asLongStream().toArray());
            }
            case UINT8, INT8, BOOL -> {
                byte[] values = new byte[count];
                tensor.getByteBuffer().get(values);
                yield ofBytes(info.type, shape, values);
            }
            default -> throw new IllegalArgumentException("no outputs of type " + info.type);
        };
    }

    private static Tensor ofBytes(OnnxJavaType type, Shape shape, byte[] values) {
        if (type == OnnxJavaType.BOOL) {
            Tensor truths = Tensor.allocate(Arena.ofAuto(), shape, DataType.U8);
            MemorySegment.copy(values, 0, truths.data(), ValueLayout.JAVA_BYTE, 0, values.length);
            return truths;
        }
        long[] wide = new long[values.length];
        for (int i = 0; i < wide.length; i++) {
            wide[i] = type == OnnxJavaType.UINT8 ? values[i] & 0xff : values[i];
        }
        return Tensor.of(shape, wide);
    }
}
