package dev.rondo.examples.language;

/// A model that counts: how likely a byte is after the few before it, by how often each was seen in a text.
///
/// `p(b | c) = (n(c b) + d(c) p(b | c')) / (n(c) + d(c))`, where n counts, d(c) is how many different bytes were seen
/// after the context c, and c' is c without its first byte; without any context left, all bytes are alike.
///
/// Source: interpolated Witten-Bell smoothing; Witten and Bell 1991, and Chen and Goodman 1999.
///
/// Threads: one.
final class NGramModel {
    private static final int BYTES = 256;
    static final int MOST_BYTES = 6; // of an n-gram, for a key to fit

    private final int order;
    private final Counts counts = new Counts();
    private final Counts contextTotals = new Counts();
    private final Counts contextKinds = new Counts();

    /// @param order n: bytes of an n-gram, the guessed one included
    NGramModel(int order) {
        if (order < 1 || order > MOST_BYTES) {
            throw new IllegalArgumentException("an n-gram has from 1 to " + MOST_BYTES + " bytes, not " + order);
        }
        this.order = order;
    }

    /// Learns from a text.
    void learn(byte[] text) {
        for (int position = 0; position < text.length; position++) {
            int b = text[position] & 0xff;
            for (int length = 0; length < order && length <= position; length++) {
                long context = context(text, position, length);
                contextTotals.add(context);
                if (counts.add(context << 8 | b) == 1) {
                    contextKinds.add(context);
                }
            }
        }
    }

    /// The bytes before a position, with a one before them so that lengths are told apart.
    private static long context(byte[] text, int position, int length) {
        long context = 1;
        for (int place = position - length; place < position; place++) {
            context = context << 8 | text[place] & 0xff;
        }
        return context;
    }

    /// How likely a byte is at a position.
    ///
    /// @param text of which only what is before the position is read
    double probability(byte[] text, int position, int b) {
        double probability = 1.0 / BYTES;
        for (int length = 0; length < order && length <= position; length++) {
            long context = context(text, position, length);
            int total = contextTotals.get(context);
            if (total == 0) {
                return probability; // longer contexts were not seen either
            }
            int kinds = contextKinds.get(context);
            probability = (counts.get(context << 8 | b) + kinds * probability) / (total + kinds);
        }
        return probability;
    }

    /// How many bits a text needs.
    double bits(byte[] text) {
        double bits = 0;
        for (int position = 0; position < text.length; position++) {
            bits -= Math.log(probability(text, position, text[position] & 0xff));
        }
        return bits / Math.log(2);
    }

    /// Counts by key, in a hash table with linear probing; keys are not 0.
    private static final class Counts {
        private long[] keys = new long[1 << 10];
        private int[] values = new int[keys.length];
        private int size;

        /// Adds one and gives the new count.
        int add(long key) {
            if (2 * size > keys.length) {
                grow();
            }
            int place = place(key);
            if (keys[place] == 0) {
                keys[place] = key;
                size++;
            }
            return ++values[place];
        }

        int get(long key) {
            return values[place(key)];
        }

        private int place(long key) {
            long hash = key * 0x9E3779B97F4A7C15L;
            int place = (int) (hash >>> 32 & keys.length - 1);
            while (keys[place] != 0 && keys[place] != key) {
                place = place + 1 & keys.length - 1;
            }
            return place;
        }

        private void grow() {
            long[] oldKeys = keys;
            int[] oldValues = values;
            keys = new long[2 * oldKeys.length];
            values = new int[keys.length];
            for (int i = 0; i < oldKeys.length; i++) {
                if (oldKeys[i] != 0) {
                    int place = place(oldKeys[i]);
                    keys[place] = oldKeys[i];
                    values[place] = oldValues[i];
                }
            }
        }
    }
}
