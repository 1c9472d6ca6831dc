package dev.rondo.examples.language;

import dev.rondo.examples.Corpus;
import dev.rondo.format.MalformedFileException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;

/// What a language model learns from, watches itself on, and is measured on. No byte is in two of them.
///
/// @param training   to learn from
/// @param validation for the learning curve
/// @param heldOut    for the result
public record Texts(Corpus training, Corpus validation, Corpus heldOut) {
    private static final long VALIDATION_BYTES = 1 << 17;
    private static final int LEAST_BYTES = 1000;
    private static final int PARTS = 50; // a file's: the last five are held out, the one before them is for validation

    /// What is held out of the JDK's sources, or of Rondo's own.
    private static final List<String> HELD_OUT =
            List.of("java.base/java/util/concurrent/", "java.net.http/", "dev.rondo/dev/rondo/format/");

    /// Java sources: the JDK's base module, with `java.util.concurrent` and `java.net.http` held out, or where the
    /// JDK has no sources, Rondo's own.
    ///
    /// @param seed of the order of the files
    public static Texts ofJava(long seed) throws IOException {
        Corpus all = Corpus.ofJava(
                name -> name.startsWith("java.base/") || name.startsWith("java.net.http/") || name.startsWith("dev."));
        Corpus others = all.where(name -> !isHeldOut(name)).shuffled(seed);
        List<Corpus.Text> training = new ArrayList<>(others.texts());
        List<Corpus.Text> validation = new ArrayList<>();
        for (long bytes = 0; bytes < Math.min(VALIDATION_BYTES, others.byteSize() / PARTS); ) {
            validation.add(training.removeLast());
            bytes += validation.getLast().bytes().length;
        }
        return new Texts(
                new Corpus(all.origin(), training), new Corpus(all.origin(), validation), all.where(Texts::isHeldOut));
    }

    private static boolean isHeldOut(String name) {
        return HELD_OUT.stream().anyMatch(name::startsWith);
    }

    /// Files, of each of which the last tenth is held out, and a fiftieth before that is for validation.
    ///
    /// @throws MalformedFileException if there is too little text
    public static Texts ofFiles(List<Path> files) throws IOException {
        Corpus all = Corpus.ofFiles(files);
        if (all.byteSize() < LEAST_BYTES) {
            throw new MalformedFileException(
                    all.origin(),
                    "has " + all.byteSize() + " bytes, too few to learn from: " + LEAST_BYTES + " at least");
        }
        return new Texts(part(all, 0, PARTS - 6), part(all, PARTS - 6, PARTS - 5), part(all, PARTS - 5, PARTS));
    }

    private static Corpus part(Corpus all, long from, long to) {
        Function<Corpus.Text, Corpus.Text> cut = text -> {
            long length = text.bytes().length;
            return new Corpus.Text(text.name(), Arrays.copyOfRange(text.bytes(), (int) (length * from / PARTS), (int)
                    (length * to / PARTS)));
        };
        return new Corpus(all.origin(), all.texts().stream().map(cut).toList());
    }
}
