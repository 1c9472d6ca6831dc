package dev.rondo.examples.language;

import dev.rondo.tensor.Tensor;

/// A text cut into streams that are read side by side, in windows of so many steps: stream s is the s-th of equal parts
/// of the text, and window w of it begins where window w - 1 ended. Together they have every byte once.
///
/// @param text     of all streams, one after the other
/// @param repeats  what repeats make of each position
/// @param features what is told of the bytes before a position
/// @param streams  number of streams
/// @param steps    of a window
record Windows(byte[] text, short[] repeats, ByteFeatures features, int streams, int steps) {
    /// The target of a step after the end of a stream.
    private static final long NONE = -100;

    /// Cuts a text.
    static Windows of(byte[] text, ByteFeatures features, int streams, int steps) {
        return new Windows(text, Repeats.of(text), features, streams, steps);
    }

    /// Bytes of a stream, the last one's padding included.
    int streamLength() {
        return Math.ceilDiv(text.length, streams);
    }

    /// Number of windows, of which the last may not be full.
    int count() {
        return Math.ceilDiv(streamLength(), steps);
    }

    /// Number of windows that are full in all streams but the last.
    int fullCount() {
        return streamLength() / steps;
    }

    /// Puts some streams' window into tensors.
    ///
    /// @param window  its number
    /// @param first   the first stream
    /// @param ids     (steps, n, features)
    /// @param targets (steps, n): bytes, or -100 where there is none
    /// @return number of bytes that are targets
    int fill(int window, int first, Tensor ids, Tensor targets) {
        int n = Math.toIntExact(targets.shape().size(1));
        int width = features.count();
        long[] allIds = new long[steps * n * width];
        long[] allTargets = new long[steps * n];
        int count = 0;
        for (int i = 0; i < n; i++) {
            int begin = (first + i) * streamLength();
            int end = Math.min(text.length, begin + streamLength());
            for (int t = 0; t < steps; t++) {
                int place = t * n + i;
                int position = begin + window * steps + t;
                boolean isThere = position < end;
                allTargets[place] = isThere ? text[position] & 0xff : NONE;
                count += isThere ? 1 : 0;
                if (isThere) {
                    features.put(text, position, repeats[position], allIds, place * width);
                }
            }
        }
        ids.copyFrom(allIds);
        targets.copyFrom(allTargets);
        return count;
    }
}
