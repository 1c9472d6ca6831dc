package dev.rondo.examples.language;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.util.Random;
import org.junit.jupiter.api.Test;

class ByteFeaturesTest {
    private static final int ORDERS = 4;
    private static final int ROWS = 100_003;

    private final ByteFeatures features = new ByteFeatures(ORDERS, ROWS);

    private long[] ids(byte[] text, int position) {
        long[] ids = new long[features.count()];
        features.put(text, position, 7, ids, 0);
        assertEquals(256 + 7, ids[ORDERS]);
        return ids;
    }

    @Test
    void seesThePastAlone() {
        byte[] text = new byte[40];
        new Random(3).nextBytes(text);
        for (int position = 0; position < text.length; position++) {
            long[] ids = ids(text, position);
            for (int changed = 0; changed < text.length; changed++) {
                byte[] other = text.clone();
                other[changed] ^= 5;
                long[] otherIds = ids(other, position);
                int distance = position - changed; // 1 for the last byte
                for (int order = 1; order <= ORDERS; order++) {
                    boolean isSeen = distance >= 1 && distance <= order;
                    String where = "position " + position + ", changed " + changed + ", order " + order;
                    if (isSeen) {
                        assertNotEquals(ids[order - 1], otherIds[order - 1], where);
                    } else {
                        assertEquals(ids[order - 1], otherIds[order - 1], where);
                    }
                }
            }
        }
    }

    @Test
    void isTheSameAtTheSameEndOfAText() {
        byte[] text = "one two three; one two".getBytes(StandardCharsets.UTF_8);

        assertArrayEquals(ids(text, 7), ids(text, 22));
        assertEquals('o', ids(text, 7)[0]);
        assertArrayEquals(
                ids("\n\n\n\n".getBytes(StandardCharsets.UTF_8), 4), ids(text, 0), "before a text are line feeds");
    }

    @Test
    void staysWithinTheTable() {
        ByteFeatures small = new ByteFeatures(3, ByteFeatures.LEAST_ROWS);
        byte[] text = new byte[1000];
        new Random(4).nextBytes(text);
        long[] ids = new long[4];
        for (int position = 0; position < text.length; position++) {
            small.put(text, position, Repeats.COUNT - 1, ids, 0);
            assertTrue(ids[0] >= 0 && ids[0] < 256);
            assertEquals(ByteFeatures.LEAST_ROWS - 1, ids[1]);
            assertEquals(ByteFeatures.LEAST_ROWS - 1, ids[2]);
            assertEquals(ByteFeatures.LEAST_ROWS - 2, ids[3], "the last row of repeats");
        }
        assertThrows(IllegalArgumentException.class, () -> new ByteFeatures(0, 10_000));
        assertThrows(IllegalArgumentException.class, () -> new ByteFeatures(2, ByteFeatures.LEAST_ROWS - 1));
    }
}
