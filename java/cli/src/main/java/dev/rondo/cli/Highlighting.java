package dev.rondo.cli;

import dev.rondo.Model;
import dev.rondo.Session;
import dev.rondo.tensor.Shape;
import dev.rondo.tensor.Tensor;
import java.lang.foreign.ValueLayout;
import java.util.Locale;

/// What the shipped model says about a source text.
///
/// @param classes        a [TokenClass]'s ordinal for each byte
/// @param windows        how the text was cut
/// @param nanos          what the runs took, after a first one that does not count
/// @param implementation what ran, in short
record Highlighting(byte[] classes, Windows windows, long nanos, String implementation) {
    private static final int CLASSES = TokenClass.values().length;

    /// Runs the model.
    ///
    /// @param progress is told how many bytes are done
    static Highlighting of(byte[] source, int threads, Progress progress) {
        Windows windows = Windows.of(source.length);
        byte[] classes = new byte[source.length];
        if (source.length == 0) {
            return new Highlighting(classes, windows, 0, "nothing to run");
        }
        try (Model model = ShippedModel.read().model();
                Session session = model.session(threads, Shape.of(windows.batch(), windows.size()))) {
            fill(session.input(), source, windows, 0);
            session.run();
            long nanos = 0;
            for (int first = 0; first < windows.count(); first += windows.batch()) {
                fill(session.input(), source, windows, first);
                long start = System.nanoTime();
                session.run();
                nanos += System.nanoTime() - start;
                int done = 0;
                for (int row = 0; row < windows.batch() && first + row < windows.count(); row++) {
                    done = classify(session.output(), row, windows, first + row, classes);
                }
                progress.reach(done);
            }
            return new Highlighting(classes, windows, nanos, Implementations.summary(session.describe()));
        }
    }

    private static void fill(Tensor ids, byte[] source, Windows windows, int first) {
        for (int row = 0; row < windows.batch() && first + row < windows.count(); row++) {
            int start = windows.start(first + row);
            for (int i = 0; i < windows.size(); i++) {
                ids.data().setAtIndex(ValueLayout.JAVA_LONG, (long) row * windows.size() + i, source[start + i] & 0xff);
            }
        }
    }

    /// Stores the best classes of the bytes that a window is for, and gives the end of these bytes.
    private static int classify(Tensor scores, int row, Windows windows, int window, byte[] classes) {
        int end = windows.begin(window + 1);
        for (int i = windows.begin(window); i < end; i++) {
            long position = (long) row * windows.size() + i - windows.start(window);
            int best = 0;
            float highest = Float.NEGATIVE_INFINITY;
            for (int c = 0; c < CLASSES; c++) {
                float score = scores.data().getAtIndex(ValueLayout.JAVA_FLOAT, position * CLASSES + c);
                if (score > highest) {
                    highest = score;
                    best = c;
                }
            }
            classes[i] = (byte) best;
        }
        return end;
    }

    /// What was done and how fast, in one line.
    String summary(int threads) {
        if (classes.length == 0) {
            return "nothing in it";
        }
        double bytesPerSecond = classes.length / (nanos / 1e9);
        return String.format(
                        Locale.ROOT,
                        "%,d bytes in %,.1f ms, %,.0f bytes/s",
                        classes.length,
                        nanos / 1e6,
                        bytesPerSecond)
                + (threads == 1 ? ", 1 thread" : ", " + threads + " threads") + ", " + implementation
                + (windows.areMany() ? " (timed after a first run; in windows of " : " (timed on a second run")
                + (windows.areMany() ? windows.size() + " bytes, " + windows.batch() + " at once)" : ")");
    }
}
