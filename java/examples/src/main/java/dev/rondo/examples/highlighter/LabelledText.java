package dev.rondo.examples.highlighter;

import java.util.Arrays;
import java.util.List;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;

/// Source files end to end, with the class of each byte.
final class LabelledText {
    private final byte[] text;
    private final byte[] classes;
    private final int[] borders; // where files begin, and where the last one ends

    private LabelledText(byte[] text, byte[] classes, int[] borders) {
        this.text = text;
        this.classes = classes;
        this.borders = borders;
    }

    /// Labels files.
    ///
    /// @throws ArithmeticException if they have more than 2^31 - 1 bytes
    static LabelledText of(List<byte[]> files) {
        int[] borders = new int[files.size() + 1];
        for (int i = 0; i < files.size(); i++) {
            borders[i + 1] = Math.addExact(borders[i], files.get(i).length);
        }
        byte[] text = new byte[borders[files.size()]];
        byte[] classes = new byte[text.length];
        IntStream.range(0, files.size()).parallel().forEach(i -> {
            byte[] file = files.get(i);
            System.arraycopy(file, 0, text, borders[i], file.length);
            System.arraycopy(Tagger.classes(file), 0, classes, borders[i], file.length);
        });
        return new LabelledText(text, classes, borders);
    }

    /// Number of bytes.
    int size() {
        return text.length;
    }

    /// Number of files.
    int files() {
        return borders.length - 1;
    }

    /// Where a file begins; the one before ends there.
    int begin(int file) {
        return borders[file];
    }

    /// Where a file ends.
    int end(int file) {
        return borders[file + 1];
    }

    /// The file that a byte is of.
    int fileOf(int position) {
        int found = Arrays.binarySearch(borders, position);
        int file = found >= 0 ? found : -found - 2;
        while (end(file) == position) { // empty files begin there, too
            file++;
        }
        return file;
    }

    /// A byte.
    byte at(int position) {
        return text[position];
    }

    /// Some bytes.
    byte[] bytes(int from, int to) {
        return Arrays.copyOfRange(text, from, to);
    }

    /// Whether a byte is of a class.
    boolean is(int position, TokenClass tokenClass) {
        return classes[position] == tokenClass.ordinal();
    }

    /// The share of a class in the bytes from here to there.
    double share(int from, int to, TokenClass tokenClass) {
        int count = 0;
        for (int i = from; i < to; i++) {
            count += is(i, tokenClass) ? 1 : 0;
        }
        return (double) count / (to - from);
    }

    /// Whether some text is here.
    boolean startsWith(byte[] expected, int position) {
        return position + expected.length <= text.length
                && Arrays.equals(text, position, position + expected.length, expected, 0, expected.length);
    }

    /// All positions with some property.
    int[] positions(IntPredicate property) {
        return IntStream.range(0, text.length).parallel().filter(property).toArray();
    }

    /// Some bytes with their classes.
    Window window(int from, int to) {
        return new Window(bytes(from, to), Arrays.copyOfRange(classes, from, to));
    }
}
