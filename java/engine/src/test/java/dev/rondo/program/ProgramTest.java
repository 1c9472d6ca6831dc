package dev.rondo.program;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rondo.nn.Functional;
import dev.rondo.op.Cell;
import dev.rondo.op.Embedding;
import dev.rondo.op.LayerNorm;
import dev.rondo.op.Linear;
import dev.rondo.op.Recurrent;
import dev.rondo.op.RecurrentInputs;
import dev.rondo.reference.Samples;
import dev.rondo.reference.Tolerance;
import dev.rondo.reference.Values;
import dev.rondo.tensor.DataType;
import dev.rondo.tensor.Shape;
import dev.rondo.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.BinaryOperator;
import java.util.function.DoubleBinaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Recording, planning of memory, and replaying.
class ProgramTest {
    private static final int SIZE = 37;

    private record Operation(BinaryOperator<Value> engine, DoubleBinaryOperator reference) {}

    private static final List<Operation> OPERATIONS = List.of(
            new Operation((a, b) -> Functional.tanh(a), (a, b) -> Math.tanh(a)),
            new Operation(Functional::maximum, Math::max),
            new Operation((a, b) -> Functional.subtract(Functional.tanh(a), b), (a, b) -> Math.tanh(a) - b),
            new Operation((a, b) -> Functional.sigmoid(Functional.add(a, b)), (a, b) -> 1 / (1 + Math.exp(-a - b))));

    /// Values whose memory is planned wrongly overwrite one another, and the results show it.
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void randomExpressionsComputeWhatTheySay(long seed) {
        Random random = new Random(seed);
        Samples samples = new Samples(seed);
        Recorder recorder = new Recorder();
        List<Value> values = new ArrayList<>();
        List<double[]> expected = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            values.add(recorder.input("x" + i, Shape.of(SIZE), DataType.F32));
            expected.add(samples.vector(SIZE));
        }
        for (int i = 0; i < 40; i++) {
            Operation operation = OPERATIONS.get(random.nextInt(OPERATIONS.size()));
            int a = random.nextInt(values.size());
            int b = random.nextInt(values.size());
            values.add(operation.engine().apply(values.get(a), values.get(b)));
            double[] result = new double[SIZE];
            for (int j = 0; j < SIZE; j++) {
                result[j] = operation.reference().applyAsDouble(expected.get(a)[j], expected.get(b)[j]);
            }
            expected.add(result);
        }
        for (int i = 3; i < values.size(); i += 1 + random.nextInt(9)) {
            recorder.output(Integer.toString(i), values.get(i));
        }
        try (PackedWeights weights = new PackedWeights();
                Program program = recorder.finish(weights, 1);
                Arena arena = Arena.ofConfined();
                Replay replay = program.replay(arena)) {
            for (int run = 0; run < 2; run++) {
                for (int i = 0; i < 3; i++) {
                    replay.inputs().get("x" + i).copyFrom(Values.floats(expected.get(i)));
                }
                replay.run();
                replay.outputs()
                        .forEach((name, tensor) -> new Tolerance(1e-5)
                                .assertClose(
                                        "seed " + seed + " value " + name,
                                        expected.get(Integer.parseInt(name)),
                                        tensor.toFloatArray()));
            }
        }
    }

    @Test
    void memoryIsReused() {
        Recorder recorder = new Recorder();
        Value value = recorder.input("x", Shape.of(1000), DataType.F32);
        for (int i = 0; i < 50; i++) {
            value = Functional.tanh(value);
        }
        recorder.output("y", value);
        try (PackedWeights weights = new PackedWeights();
                Program program = recorder.finish(weights, 1)) {
            assertEquals(50, program.instructions().size());
            assertTrue(program.byteSize() < 5 * 4096, program.byteSize() + " bytes"); // not 52 * 4000
        }
    }

    @Test
    void whatNoOutputNeedsIsLeftOut() {
        Recorder recorder = new Recorder();
        Value x = recorder.input("x", Shape.of(4), DataType.F32);
        Functional.sigmoid(Functional.tanh(x));
        recorder.output("y", Functional.relu(x));
        try (PackedWeights weights = new PackedWeights();
                Program program = recorder.finish(weights, 1)) {
            assertEquals(1, program.instructions().size());
        }
    }

    @Test
    void aConstantsOwnerMayFreeIt() {
        try (PackedWeights weights = new PackedWeights()) {
            Program program;
            Arena owner = Arena.ofConfined();
            Tensor constant = Tensor.allocate(owner, Shape.of(3), DataType.F32).copyFrom(new float[] {1, 2, 3});
            Recorder recorder = new Recorder();
            Value x = recorder.input("x", Shape.of(3), DataType.F32);
            recorder.output("y", Functional.add(x, recorder.constant(constant)));
            program = recorder.finish(weights, 1);
            owner.close();
            try (program;
                    Arena arena = Arena.ofConfined();
                    Replay replay = program.replay(arena)) {
                replay.inputs().get("x").copyFrom(new float[] {10, 20, 30});
                replay.run();
                assertEquals(33, replay.outputs().get("y").toFloatArray()[2]);
            }
        }
    }

    /// Constants are told apart as tensors, not by where they lie: on the heap they all lie at 0.
    @Test
    void constantsOnTheHeapAreToldApart() {
        float[] one = {1};
        float[] hundred = {100, 200};
        Tensor pair = new Tensor(Shape.of(2), DataType.F32, MemorySegment.ofArray(hundred));
        Recorder recorder = new Recorder();
        Value x = recorder.input("x", Shape.of(1), DataType.F32);
        Value sum =
                Functional.add(x, recorder.constant(new Tensor(Shape.of(1), DataType.F32, MemorySegment.ofArray(one))));
        sum = Functional.add(sum, recorder.constant(pair));
        recorder.output("y", Functional.add(sum, recorder.constant(pair).slice(0, 1, 2)));
        try (PackedWeights weights = new PackedWeights();
                Program program = recorder.finish(weights, 1);
                Arena arena = Arena.ofConfined();
                Replay replay = program.replay(arena)) {
            replay.run();
            assertArrayEquals(new float[] {301, 401}, replay.outputs().get("y").toFloatArray());
        }
    }

    @Test
    void weightsThatNativeCodeWouldReadPastAreRefused() {
        Recorder recorder = new Recorder();
        Value x = recorder.input("x", Shape.of(2, 3, 4), DataType.F32);
        Value weight = recorder.constant(Tensor.of(Shape.of(6, 4), new float[24]));
        Value bias = recorder.constant(Tensor.of(Shape.of(1), 1f));
        assertThrows(IllegalArgumentException.class, () -> new Linear(x, weight, bias, null));
        assertThrows(IllegalArgumentException.class, () -> new LayerNorm(x, 4, null, bias, 1e-5f));
        assertThrows(
                IllegalArgumentException.class,
                () -> new Embedding(recorder.input("ids", Shape.of(2), DataType.I64), weight.transpose(0, 1), -1));
        Value narrow = recorder.constant(Tensor.of(Shape.of(2, 2), new float[4]));
        assertThrows(
                IllegalArgumentException.class,
                () -> new Recurrent(
                        Cell.RNN_TANH,
                        List.of(Direction.LEFT_TO_RIGHT),
                        Merge.CONCAT,
                        false,
                        new RecurrentInputs(x, null, null, null),
                        List.of(new Recurrent.Weights(weight, narrow, null, null, null, null))));
    }

    @Test
    void aTiedWeightMayBeTransposed() {
        Recorder recorder = new Recorder();
        Value x = recorder.input("x", Shape.of(1, 2), DataType.F32);
        Value table = recorder.constant(Tensor.of(Shape.of(2, 3), 1f, 2f, 3f, 4f, 5f, 6f));
        recorder.output(
                "y",
                recorder.record(new Linear(x, table.transpose(0, 1), null, null))
                        .output());
        try (PackedWeights weights = new PackedWeights();
                Program program = recorder.finish(weights, 1);
                Arena arena = Arena.ofConfined();
                Replay replay = program.replay(arena)) {
            replay.inputs().get("x").copyFrom(new float[] {1, 0});
            replay.run();
            assertArrayEquals(new float[] {1, 2, 3}, replay.outputs().get("y").toFloatArray());
        }
    }

    @Test
    void misusesAreNamed() {
        Recorder recorder = new Recorder();
        Recorder other = new Recorder();
        Value x = recorder.input("x", Shape.of(2, 3), DataType.F32);
        Value y = other.input("y", Shape.of(2, 3), DataType.F32);
        assertThrows(IllegalArgumentException.class, () -> recorder.input("x", Shape.of(1), DataType.F32));
        assertThrows(IllegalArgumentException.class, () -> Functional.add(x, y));
        assertThrows(IllegalArgumentException.class, () -> recorder.output("x", x));
        assertThrows(
                IllegalArgumentException.class,
                () -> recorder.output("t", Functional.tanh(x).transpose(0, 1)));
        assertThrows(IllegalArgumentException.class, () -> x.slice(0, 1, 3));
        assertThrows(IllegalArgumentException.class, () -> other.output("stale", Functional.tanh(x)));
        assertThrows(IllegalArgumentException.class, () -> x.transpose(0, 2));
        assertThrows(IllegalArgumentException.class, () -> x.select(2, 0));
        assertThrows(IllegalArgumentException.class, () -> Functional.concat(List.of(), 0));
        assertThrows(IllegalArgumentException.class, () -> x.reshape(7));
        assertThrows(IllegalArgumentException.class, () -> x.transpose(0, 1).reshape(6));
        recorder.output("z", Functional.tanh(x));
        assertThrows(IllegalArgumentException.class, () -> recorder.output("z", Functional.tanh(x)));
    }
}
