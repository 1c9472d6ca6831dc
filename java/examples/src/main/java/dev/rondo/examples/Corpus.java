package dev.rondo.examples;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.function.Predicate;
import java.util.random.RandomGeneratorFactory;
import java.util.stream.IntStream;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;

/// Texts by name, to learn from or to be tested on.
///
/// {@snippet :
/// Corpus java = Corpus.ofJava(name -> name.startsWith("java.base/java/"));
/// Corpus heldOut = java.where(name -> name.startsWith("java.base/java/util/concurrent/"));
/// Corpus training = java.where(name -> !name.startsWith("java.base/java/util/concurrent/")).shuffled(42);
/// }
///
/// Threads: it is immutable, as long as nobody writes to its texts.
///
/// @param origin where the texts are from, for people
/// @param texts  in an order
public record Corpus(String origin, List<Text> texts) {
    /// The largest file that is read.
    private static final long LARGEST_FILE = 1_000_000_000;

    /// A text.
    ///
    /// @param name  a path; within an archive, such as `java.base/java/lang/Object.java`, or of a file
    /// @param bytes its content
    public record Text(String name, byte[] bytes) {}

    /// Takes a copy of the list.
    public Corpus {
        texts = List.copyOf(texts);
    }

    /// Java sources by the names of their modules and packages, sorted: the JDK's own, from the `lib/src.zip`
    /// of the JDK in use, or where that has none, Rondo's.
    ///
    /// @param names which of them to read
    /// @throws IOException if they cannot be read
    public static Corpus ofJava(Predicate<String> names) throws IOException {
        Path archive = sourcesOfJdk();
        if (!Files.isRegularFile(archive)) {
            return ofRondo(names);
        }
        try (InputStream in = Files.newInputStream(archive)) {
            return new Corpus(archive.toString(), unzip(in, names));
        }
    }

    /// Where the JDK in use has its sources, if it has them.
    static Path sourcesOfJdk() {
        return Path.of(System.getProperty("java.home"), "lib", "src.zip");
    }

    /// Rondo's own sources, by the names of their modules and packages, sorted.
    ///
    /// @param names which of them to read
    /// @throws IOException if they cannot be read
    public static Corpus ofRondo(Predicate<String> names) throws IOException {
        try (InputStream in = Objects.requireNonNull(Corpus.class.getResourceAsStream("sources.zip"))) {
            return new Corpus("Rondo's own sources", unzip(in, names));
        }
    }

    private static List<Text> unzip(InputStream in, Predicate<String> names) throws IOException {
        List<Text> texts = new ArrayList<>();
        ZipInputStream zip = new ZipInputStream(new BufferedInputStream(in, 1 << 16));
        for (ZipEntry entry = zip.getNextEntry(); entry != null; entry = zip.getNextEntry()) {
            String name = entry.getName();
            if (name.endsWith(".java") && names.test(name)) {
                ByteArrayOutputStream bytes = new ByteArrayOutputStream();
                zip.transferTo(bytes);
                texts.add(new Text(name, bytes.toByteArray()));
            }
        }
        texts.sort(Comparator.comparing(Text::name));
        return texts;
    }

    /// Files, in the order they are given.
    ///
    /// @throws IOException naming the file, if one cannot be read, is no regular file, or is larger than 1 GB
    public static Corpus ofFiles(List<Path> files) throws IOException {
        List<Text> texts = new ArrayList<>();
        for (Path file : files) {
            if (Files.exists(file) && !Files.isRegularFile(file)) { // a device or a pipe may never end
                throw new FileSystemException(file.toString(), null, "is not a regular file");
            }
            if (Files.size(file) > LARGEST_FILE) {
                throw new FileSystemException(file.toString(), null, "is larger than 1 GB");
            }
            texts.add(new Text(file.toString(), Files.readAllBytes(file)));
        }
        return new Corpus(files.size() == 1 ? files.getFirst().toString() : files.size() + " files", texts);
    }

    /// The texts of some names, in the same order.
    public Corpus where(Predicate<String> names) {
        return new Corpus(
                origin, texts.stream().filter(text -> names.test(text.name())).toList());
    }

    /// One text in so many, or as many as there are, if they are fewer; or all others.
    ///
    /// @param chosen whether it is those that are wanted, and not the others
    public Corpus every(int count, boolean chosen) {
        int period = Math.clamp(texts.size(), 1, count);
        return new Corpus(
                origin,
                IntStream.range(0, texts.size())
                        .filter(i -> (i % period == period / 2) == chosen)
                        .mapToObj(texts::get)
                        .toList());
    }

    /// The same texts in another order, which the seed says.
    public Corpus shuffled(long seed) {
        List<Text> shuffled = new ArrayList<>(texts);
        Collections.shuffle(
                shuffled,
                java.util.Random.from(
                        RandomGeneratorFactory.of("L64X128MixRandom").create(seed)));
        return new Corpus(origin, shuffled);
    }

    /// Bytes of all texts together.
    public long byteSize() {
        return texts.stream().mapToLong(text -> text.bytes().length).sum();
    }

    /// All texts, one after the other.
    ///
    /// @throws IllegalStateException if they are 2 GiB or more
    public byte[] joined() {
        if (byteSize() > Integer.MAX_VALUE - 8) {
            throw new IllegalStateException(origin + " has too many bytes for one array: " + byteSize());
        }
        ByteArrayOutputStream all = new ByteArrayOutputStream((int) byteSize());
        texts.forEach(text -> all.writeBytes(text.bytes()));
        return all.toByteArray();
    }

    /// What tells this content from another one, in the order of its texts.
    public String fingerprint() {
        CRC32 sum = new CRC32();
        texts.forEach(text -> sum.update(text.bytes()));
        return byteSize() + " bytes with checksum " + Long.toHexString(sum.getValue());
    }
}
