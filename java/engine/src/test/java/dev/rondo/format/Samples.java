package dev.rondo.format;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.rondo.tensor.DataType;
import dev.rondo.tensor.Shape;
import dev.rondo.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;

/// Tensors of all types and of ordinary and odd shapes, with random bits.
final class Samples {
    private static final List<Shape> SHAPES = List.of(
            Shape.of(),
            Shape.of(1),
            Shape.of(7),
            Shape.of(0),
            Shape.of(3, 0, 5),
            Shape.of(3, 5),
            Shape.of(1, 9, 1),
            Shape.of(2, 3, 5, 7),
            Shape.of(300, 301)); // more than one chunk

    private Samples() {}

    static Stream<Tensor> all() {
        List<Tensor> tensors = new ArrayList<>();
        for (DataType type : DataType.values()) {
            for (Shape shape : SHAPES) {
                tensors.add(random(shape, type));
            }
        }
        return tensors.stream();
    }

    static Tensor random(Shape shape, DataType type) {
        Tensor tensor = Tensor.allocate(Arena.ofAuto(), shape, type);
        Random random = new Random(shape.hashCode() * 31L + type.ordinal());
        for (long i = 0; i < tensor.data().byteSize(); i++) {
            tensor.data().set(ValueLayout.JAVA_BYTE, i, (byte) random.nextInt());
        }
        return tensor;
    }

    static void assertSame(Tensor expected, Tensor actual) {
        assertEquals(expected.shape(), actual.shape());
        assertEquals(expected.type(), actual.type());
        assertArrayEquals(
                expected.data().toArray(ValueLayout.JAVA_BYTE), actual.data().toArray(ValueLayout.JAVA_BYTE));
    }
}
