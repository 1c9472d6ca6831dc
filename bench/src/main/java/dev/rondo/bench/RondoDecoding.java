package dev.rondo.bench;

import dev.rondo.decode.Generator;
import dev.rondo.decode.Hypothesis;
import dev.rondo.decode.Search;
import java.util.List;

/// Rondo's generator.
final class RondoDecoding implements Decoding {
    private final Generator generator;
    private final List<long[]> sources;
    private final Search search;

    RondoDecoding(int hidden, int batch, int beam, int threads) {
        generator = new Generator(Decoding.network(hidden), START, END, batch, threads).keepTables();
        sources = List.of(Decoding.sources(batch));
        search = Search.beam(beam).minLength(LENGTH).maxLength(LENGTH + 1);
    }

    @Override
    public long[][] run() {
        List<List<Hypothesis>> found = generator.generate(sources, search);
        return found.stream().map(hypotheses -> hypotheses.getFirst().ids()).toArray(long[][]::new);
    }

    @Override
    public void close() {
        generator.close();
    }
}
