package dev.rondo.examples.language;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.rondo.examples.Corpus;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class CompressionTest {
    private static final double GZIP_BYTES = 10222; // gzip 1.12 -9n
    private static final double XZ_BYTES = 6248; // xz 5.4 -9e

    /// Square numbers: what the programs themselves make of them is known.
    private static final Corpus.Text SQUARES = new Corpus.Text(
            "squares",
            IntStream.range(0, 3000)
                    .mapToObj(i -> Integer.toString(i * i))
                    .collect(Collectors.joining(" "))
                    .getBytes(StandardCharsets.US_ASCII));

    @Test
    void agreesWithGzip() throws IOException {
        double bytes = Compression.gzip(new Corpus("one", List.of(SQUARES))) / 8.0;

        assertEquals(GZIP_BYTES, bytes, 0.02 * GZIP_BYTES); // implementations of deflate differ a little
    }

    @Test
    void agreesWithXz() throws IOException {
        double bytes = Compression.xz(new Corpus("one", List.of(SQUARES))) / 8.0;

        assertEquals(XZ_BYTES, bytes, 0.01 * XZ_BYTES);
    }

    @Test
    void compressesEachTextByItself() throws IOException {
        Corpus one = new Corpus("one", List.of(SQUARES));
        Corpus two = new Corpus("two", List.of(SQUARES, SQUARES));

        assertEquals(2 * Compression.gzip(one), Compression.gzip(two));
        assertEquals(2 * Compression.xz(one), Compression.xz(two));
    }
}
