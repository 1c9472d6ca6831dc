package dev.rondo.examples.language;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.rondo.tensor.DataType;
import dev.rondo.tensor.Shape;
import dev.rondo.tensor.Tensor;
import java.lang.foreign.Arena;
import java.util.Arrays;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class WindowsTest {
    private static final int ORDERS = 3;
    private static final int WIDTH = ORDERS + 1;

    @ParameterizedTest
    @CsvSource({"120, 4, 5, 2", "113, 4, 7, 2", "7, 4, 3, 1", "50, 1, 50, 1", "5, 4, 1, 4", "9, 8, 4, 4"})
    void haveEveryByteOnceWithWhatIsBeforeIt(int length, int streams, int steps, int share) {
        byte[] text = new byte[length];
        for (int i = 0; i < length; i++) {
            text[i] = (byte) (i + 100); // beyond 127, too
        }
        ByteFeatures features = new ByteFeatures(ORDERS, 5000);
        Windows windows = Windows.of(text, features, streams, steps);
        Tensor ids = Tensor.allocate(Arena.ofAuto(), Shape.of(steps, share, WIDTH), DataType.I64);
        Tensor targets = Tensor.allocate(Arena.ofAuto(), Shape.of(steps, share), DataType.I64);
        int[] seen = new int[length];
        for (int first = 0; first < streams; first += share) {
            for (int window = 0; window < windows.count(); window++) {
                int count = windows.fill(window, first, ids, targets);
                long[] bytes = targets.toLongArray();
                assertEquals(Arrays.stream(bytes).filter(b -> b >= 0).count(), count);
                for (int place = 0; place < bytes.length; place++) {
                    if (bytes[place] != -100) {
                        int position = (int) (bytes[place] - 100) & 0xff;
                        seen[position]++;
                        long[] expected = new long[WIDTH];
                        features.put(text, position, Repeats.of(text)[position], expected, 0);
                        assertArrayEquals(
                                expected, Arrays.copyOfRange(ids.toLongArray(), place * WIDTH, (place + 1) * WIDTH));
                    }
                }
            }
        }
        int[] once = new int[length];
        Arrays.fill(once, 1);
        assertArrayEquals(once, seen);
    }
}
