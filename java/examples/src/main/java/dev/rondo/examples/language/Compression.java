package dev.rondo.examples.language;

import dev.rondo.examples.Corpus;
import java.io.IOException;
import java.io.OutputStream;
import java.util.zip.Deflater;
import java.util.zip.GZIPOutputStream;
import org.tukaani.xz.LZMA2Options;
import org.tukaani.xz.XZOutputStream;

/// How small general-purpose compressors make texts, each text by itself.
final class Compression {
    private static final int BITS = 8;

    /// Makes a compressing stream.
    @FunctionalInterface
    private interface Format {
        OutputStream compress(OutputStream out) throws IOException;
    }

    private Compression() {}

    /// Bits that `gzip -9` needs.
    static long gzip(Corpus corpus) throws IOException {
        return bits(corpus, out -> new GZIPOutputStream(out) {
            {
                def.setLevel(Deflater.BEST_COMPRESSION);
            }
        });
    }

    /// Bits that `xz -9e` needs.
    static long xz(Corpus corpus) throws IOException {
        LZMA2Options options = new LZMA2Options(LZMA2Options.PRESET_MAX);
        options.setNiceLen(LZMA2Options.NICE_LEN_MAX); // what xz's -e changes in -9
        options.setDepthLimit(512);
        long largest = corpus.texts().stream()
                .mapToLong(text -> text.bytes().length)
                .max()
                .orElse(0);
        // A dictionary larger than the text makes nothing smaller, only slower.
        options.setDictSize(Math.clamp(largest, LZMA2Options.DICT_SIZE_MIN, options.getDictSize()));
        return bits(corpus, out -> new XZOutputStream(out, options));
    }

    private static long bits(Corpus corpus, Format format) throws IOException {
        Counter counter = new Counter();
        for (Corpus.Text text : corpus.texts()) {
            try (OutputStream out = format.compress(counter)) {
                out.write(text.bytes());
            }
        }
        return BITS * counter.bytes;
    }

    /// Counts what is written.
    private static final class Counter extends OutputStream {
        private long bytes;

        @Override
        public void write(int b) {
            bytes++;
        }

        @Override
        public void write(byte[] b, int offset, int length) {
            bytes += length;
        }
    }
}
