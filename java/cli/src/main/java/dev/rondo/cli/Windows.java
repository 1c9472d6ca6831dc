package dev.rondo.cli;

/// How a text is cut for the model: short ones not at all, long ones into overlapping windows that run
/// several at a time. A byte's class comes from the window that has it farther inside than the margin, so
/// that each is judged with enough text on both sides.
///
/// @param length of the text in bytes
/// @param size   of a window in bytes
/// @param batch  windows that run together
record Windows(int length, int size, int batch) {
    /// The longest text that is not cut, in bytes.
    static final int WHOLE = 32 << 10;

    private static final int SIZE = 8 << 10;
    private static final int MARGIN = 1 << 10;
    private static final int STEP = SIZE - 2 * MARGIN;
    private static final int BATCH = 8;

    static Windows of(int length) {
        return length <= WHOLE ? new Windows(length, length, 1) : new Windows(length, SIZE, BATCH);
    }

    /// Whether there is more than one.
    boolean areMany() {
        return size < length;
    }

    /// Number of windows.
    int count() {
        return areMany() ? Math.ceilDiv(length - SIZE, STEP) + 1 : 1;
    }

    /// Where a window begins; the last one ends with the text.
    int start(int window) {
        return Math.min(window * STEP, length - size);
    }

    /// Where the bytes begin whose classes come from a window; they end where the next one's begin.
    int begin(int window) {
        return window == 0 ? 0 : window == count() ? length : start(window) + MARGIN;
    }
}
