package dev.rondo.examples.language;

/// What a language model is told about the bytes before the one it has to guess, each as a row of a table:
///
/// - which bytes the last one, the last two, … are. Row 0 to 255 is the last byte; longer n-grams share rows by their
///   hash, so that two of them may have the same one. Before the text's beginning there are line feeds.
/// - what followed where the last bytes were before ([Repeats]).
///
/// Source: the hashed n-grams of Bojanowski et al. 2016, arXiv 1607.04606, here of the bytes before a position.
///
/// @param orders how long n-grams are: there is one of the last byte, of the last two, …, of the last `orders` bytes
/// @param rows   of the table
record ByteFeatures(int orders, int rows) {
    private static final int BYTES = 256;
    private static final int HASHED = BYTES + Repeats.COUNT; // the first row of longer n-grams
    private static final long FACTOR = 0x9E3779B97F4A7C15L; // odd, of the golden ratio: spreads its multiples well

    /// The smallest table.
    static final int LEAST_ROWS = HASHED + 1;

    /// @throws IllegalArgumentException if there is no order, or no row for longer n-grams
    ByteFeatures {
        if (orders < 1 || rows < LEAST_ROWS) {
            throw new IllegalArgumentException(orders + " orders or " + rows + " rows are too few");
        }
    }

    /// Number of ids that a position has.
    int count() {
        return orders + 1;
    }

    /// Puts the ids of a position into an array.
    ///
    /// @param text     of which only what is before the position is read
    /// @param position of the byte to guess
    /// @param repeat   what repeats make of the position
    /// @param ids      takes as many values as a position has
    /// @param offset   where in the array
    void put(byte[] text, int position, int repeat, long[] ids, int offset) {
        long hash = 0;
        for (int order = 1; order <= orders; order++) {
            int place = position - order;
            int value = place < 0 ? '\n' : text[place] & 0xff;
            hash = (hash + value + 1) * FACTOR;
            ids[offset + order - 1] =
                    order == 1 ? value : HASHED + Long.remainderUnsigned(hash ^ hash >>> 32, rows - HASHED);
        }
        ids[offset + orders] = BYTES + repeat;
    }
}
