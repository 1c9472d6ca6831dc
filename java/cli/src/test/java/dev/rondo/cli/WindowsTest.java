package dev.rondo.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class WindowsTest {
    @Test
    void leavesShortTextsWhole() {
        Windows windows = Windows.of(Windows.WHOLE);

        assertFalse(windows.areMany());
        assertEquals(1, windows.count());
        assertEquals(0, windows.begin(0));
        assertEquals(Windows.WHOLE, windows.begin(1));
    }

    @ParameterizedTest
    @ValueSource(ints = {32769, 38912, 38913, 44_000, 100_000, 1_234_567})
    void coversLongTextsWithoutGapsAndWithMargins(int length) {
        Windows windows = Windows.of(length);

        assertEquals(0, windows.begin(0));
        assertEquals(length, windows.begin(windows.count()));
        for (int window = 0; window < windows.count(); window++) {
            int start = windows.start(window);
            int end = windows.begin(window + 1);
            assertTrue(start + windows.size() <= length);
            assertTrue(windows.begin(window) < end);
            assertTrue(window == 0 || windows.begin(window) - start >= 1024);
            assertTrue(end == length || start + windows.size() - end >= 1024);
        }
    }
}
