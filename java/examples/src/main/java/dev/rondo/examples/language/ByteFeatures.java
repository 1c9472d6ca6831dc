package dev.rondo.examples.language;

/// What a language model is told about the bytes before the one it has to guess: which bytes the last one, the last
/// two, … are, each as a row of a table.
///
/// Row 0 to 255 is the last byte. Longer ends of the text share the other rows by their hash, so that two of them may
/// have the same row. Before the text's beginning there are line feeds.
///
/// Source: the hashed n-grams of Bojanowski et al. 2016, arXiv 1607.04606, here of the bytes before a position.
///
/// @param orders how many ids a position has: of the last byte, the last two, …, the last `orders` bytes
/// @param rows   of the table
record ByteFeatures(int orders, int rows) {
    private static final int BYTES = 256;
    private static final long FACTOR = 0x9E3779B97F4A7C15L; // odd, of the golden ratio: spreads its multiples well

    /// @throws IllegalArgumentException if there is no order, or no row for longer n-grams
    ByteFeatures {
        if (orders < 1 || rows <= BYTES) {
            throw new IllegalArgumentException(orders + " orders and " + rows + " rows are too few");
        }
    }

    /// Puts the ids of a position into an array.
    ///
    /// @param text     of which only what is before the position is read
    /// @param position of the byte to guess
    /// @param ids      takes as many values as there are orders
    /// @param offset   where in the array
    void put(byte[] text, int position, long[] ids, int offset) {
        long hash = 0;
        for (int order = 1; order <= orders; order++) {
            int place = position - order;
            int value = place < 0 ? '\n' : text[place] & 0xff;
            hash = (hash + value + 1) * FACTOR;
            ids[offset + order - 1] =
                    order == 1 ? value : BYTES + Long.remainderUnsigned(hash ^ hash >>> 32, rows - BYTES);
        }
    }
}
