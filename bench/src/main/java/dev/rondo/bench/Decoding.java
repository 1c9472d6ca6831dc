package dev.rondo.bench;

import dev.rondo.nn.Attention;
import dev.rondo.nn.Bridge;
import dev.rondo.nn.Decoder;
import dev.rondo.nn.Embedding;
import dev.rondo.nn.Encoder;
import dev.rondo.nn.LSTM;
import dev.rondo.nn.Recurrence;
import dev.rondo.nn.Seq2Seq;
import java.util.Random;

/// Translation of sources of 30 ids to 30 ids each, by a network of the sizes of Google's translation system: two
/// LSTM layers on each side, general attention, input feeding, and a vocabulary of 8192. The end is forced after
/// 30 ids, so that all do the same work.
///
/// Threads: one.
public interface Decoding extends AutoCloseable {
    /// Ids of a source, and of what is written.
    int LENGTH = 30;

    /// Number of ids on each side.
    int VOCABULARY = 8192;

    /// The id before the first, which is never written.
    int START = 1;

    /// The id behind the last.
    int END = 2;

    /// What decodes.
    enum Library {
        RONDO,
        LIBTORCH;

        /// @param beam hypotheses of a source; 1 is greedy
        Decoding decoding(int hidden, int batch, int beam, int threads) {
            return switch (this) {
                case RONDO -> new RondoDecoding(hidden, batch, beam, threads);
                case LIBTORCH -> new LibtorchDecoding(hidden, batch, beam, threads);
            };
        }
    }

    /// Encodes all sources and decodes them.
    ///
    /// @return the best ids of each source, without the end // (N, LENGTH)
    long[][] run();

    @Override
    void close();

    /// The network, with the same random weights for each library.
    static Seq2Seq network(int hidden) {
        Encoder encoder = new Encoder(
                new Embedding(VOCABULARY, hidden),
                new LSTM(Recurrence.of(hidden, hidden).layers(2)),
                0);
        Decoder decoder = new Decoder(
                new Embedding(VOCABULARY, hidden),
                inputSize -> new LSTM(Recurrence.of(inputSize, hidden).layers(2)),
                Decoder.Context.INPUT_FEEDING,
                Attention.general(hidden, hidden),
                hidden,
                0);
        Seq2Seq network = new Seq2Seq(encoder, new Bridge(Bridge.Kind.COPY, encoder, decoder), decoder);
        network.initialize(11);
        return network;
    }

    /// Sources of [#LENGTH] random ids.
    static long[][] sources(int batch) {
        Random random = new Random(5);
        long[][] sources = new long[batch][];
        for (int n = 0; n < batch; n++) {
            sources[n] = random.longs(LENGTH, 3, VOCABULARY).toArray();
        }
        return sources;
    }
}
