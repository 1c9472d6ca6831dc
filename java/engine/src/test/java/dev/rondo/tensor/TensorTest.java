package dev.rondo.tensor;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.lang.foreign.Arena;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import org.junit.jupiter.api.Test;

class TensorTest {
    @Test
    void shapesKnowTheirSizes() {
        Shape shape = Shape.of(4, 3, 2);
        assertEquals(3, shape.rank());
        assertEquals(24, shape.elements());
        assertEquals(2, shape.size(-1));
        assertEquals(4, shape.size(0));
        assertArrayEquals(new long[] {6, 2, 1}, shape.strides());
        assertEquals(Shape.of(4, 9, 2), shape.with(-2, 9));
        assertEquals("[4, 3, 2]", shape.toString());
        assertEquals(1, Shape.of().elements());
        assertEquals(0, Shape.of(3, 0, 5).elements());
        assertNotEquals(shape, Shape.of(4, 3));
    }

    @Test
    void impossibleShapesAreRefused() {
        assertThrows(IllegalArgumentException.class, () -> Shape.of(2, -1));
        assertThrows(IllegalArgumentException.class, () -> Shape.of(Long.MAX_VALUE));
        assertThrows(IllegalArgumentException.class, () -> Shape.of(1L << 31, 1L << 31));
        assertThrows(IllegalArgumentException.class, () -> Shape.of(2, 3).size(2));
        assertThrows(IllegalArgumentException.class, () -> Shape.of(2, 3).size(-3));
    }

    @Test
    void elementsGoInAndOut() {
        try (Arena arena = Arena.ofConfined()) {
            Tensor floats = Tensor.allocate(arena, Shape.of(2, 2), DataType.F32);
            assertArrayEquals(
                    new float[] {1, 2, 3, 4},
                    floats.copyFrom(new float[] {1, 2, 3, 4}).toFloatArray());
            assertArrayEquals(new double[] {1, 2, 3, 4}, floats.toDoubleArray());
            assertEquals(0, floats.data().address() % Tensor.ALIGNMENT);
            Tensor longs = Tensor.allocate(arena, Shape.of(3), DataType.I64);
            assertArrayEquals(
                    new long[] {7, -8, 9}, longs.copyFrom(new long[] {7, -8, 9}).toLongArray());
        }
    }

    @Test
    void floatBuffersOfEitherOrderGoInAndOut() {
        Tensor floats = Tensor.of(Shape.of(3), 0f, 0f, 0f);
        float[] array = new float[3];
        for (ByteOrder order : new ByteOrder[] {ByteOrder.BIG_ENDIAN, ByteOrder.LITTLE_ENDIAN}) {
            for (ByteBuffer bytes : new ByteBuffer[] {ByteBuffer.allocate(20), ByteBuffer.allocateDirect(20)}) {
                FloatBuffer buffer = bytes.order(order).asFloatBuffer();
                buffer.put(new float[] {-1, 2, 3.5f, 4, 5}).position(1).limit(4);
                floats.copyFrom(buffer).copyTo(array);
                assertArrayEquals(new float[] {2, 3.5f, 4}, array);
                assertEquals(4, buffer.position());
                buffer.clear().position(2);
                floats.copyTo(buffer);
                assertEquals(5, buffer.position());
                assertEquals(3.5f, buffer.get(3));
                assertEquals(2, buffer.get(1));
            }
        }
        FloatBuffer two = FloatBuffer.allocate(2);
        assertThrows(IllegalArgumentException.class, () -> floats.copyFrom(two));
        assertThrows(IllegalArgumentException.class, () -> floats.copyTo(two));
        assertThrows(IllegalArgumentException.class, () -> floats.copyTo(new float[4]));
        assertEquals(0, two.position());
    }

    @Test
    void misfitsAreNamed() {
        Tensor floats = Tensor.of(Shape.of(2), 1f, 2f);
        IllegalArgumentException e = assertThrows(IllegalArgumentException.class, () -> floats.copyFrom(new float[3]));
        assertEquals("3 values do not fill a tensor of shape [2] (2 elements)", e.getMessage());
        e = assertThrows(IllegalArgumentException.class, () -> floats.copyFrom(new long[2]));
        assertEquals("the tensor of shape [2] holds F32, not I64", e.getMessage());
        assertThrows(IllegalArgumentException.class, floats::toLongArray);
        assertThrows(IllegalArgumentException.class, () -> floats.copyFrom(Tensor.of(Shape.of(1, 2), 1f, 2f)));
        assertThrows(IllegalArgumentException.class, () -> new Tensor(Shape.of(3), DataType.F32, floats.data()));
    }
}
