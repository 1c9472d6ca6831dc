package dev.rondo.decode;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import dev.rondo.decode.Search.Sampling;
import dev.rondo.nn.Seq2Seq;
import dev.rondo.program.PackedWeights;
import dev.rondo.program.Program;
import dev.rondo.program.Recorder;
import dev.rondo.program.Replay;
import dev.rondo.reference.Golden;
import dev.rondo.reference.GoldenSeq2Seq;
import dev.rondo.tensor.Shape;
import dev.rondo.tensor.Tensor;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/// What a generator finds, against plain PyTorch code that takes one hypothesis of one source at a time.
class GeneratorTest {
    private static final int START = 1;
    private static final int END = 2;

    private static final Map<String, Search> SEARCHES = Map.of(
            "b1", limited(1),
            "b4", limited(4),
            "b8", limited(8),
            "b4_length", limited(4).lengthPenalty(0.8),
            "b4_both", limited(4).lengthPenalty(0.6).coveragePenalty(0.3),
            "b8_both", limited(8).lengthPenalty(1).coveragePenalty(0.2),
            "b1_both", limited(1).lengthPenalty(0.7).coveragePenalty(0.4),
            "b4_ngram", limited(4).noRepeatNgram(2),
            "b4_bounds", limited(4).lengthPenalty(0.6).minLength(5).maxLength(8));

    private static Search limited(int width) {
        return Search.beam(width).maxLength(12);
    }

    static List<String> cases() throws IOException {
        return Golden.list("beam");
    }

    @Test
    void allCasesAreThere() throws IOException {
        assertEquals(7, cases().size());
        assertEquals(9, SEARCHES.size());
    }

    private static List<long[]> sources(Golden golden) {
        long[] all = golden.integers("source"); // (S, N)
        int[] lengths = golden.lengths();
        List<long[]> sources = new ArrayList<>();
        for (int n = 0; n < lengths.length; n++) {
            long[] source = new long[lengths[n]];
            for (int s = 0; s < source.length; s++) {
                source[s] = all[s * lengths.length + n];
            }
            sources.add(source);
        }
        return sources;
    }

    /// The same hypotheses in the same order with the same scores, all sources in one batch, and each alone; and with
    /// tables.
    @ParameterizedTest
    @MethodSource("cases")
    void equalsPlainSearch(String name) throws IOException {
        Golden golden = Golden.read(name);
        List<long[]> sources = sources(golden);
        try (Generator together = new Generator(GoldenSeq2Seq.network(golden), START, END);
                Generator alone = new Generator(GoldenSeq2Seq.network(golden), START, END, 1, 1);
                Generator tables = new Generator(GoldenSeq2Seq.network(golden), START, END).keepTables()) {
            SEARCHES.forEach((key, search) -> {
                check(golden, key, together.generate(sources, search));
                check(golden, key, alone.generate(sources, search));
                check(golden, key, tables.generate(sources, search));
            });
        }
    }

    private static void check(Golden golden, String key, List<List<Hypothesis>> found) {
        long[] tokens = golden.integers(key + ".tokens"); // (N, K, T)
        double[] scores = golden.values(key + ".scores"); // (N, K)
        double[] logs = golden.values(key + ".logs");
        int width = golden.sizes(key + ".tokens")[1];
        int steps = golden.sizes(key + ".tokens")[2];
        for (int n = 0; n < found.size(); n++) {
            List<Hypothesis> hypotheses = found.get(n);
            for (int k = 0; k < width; k++) {
                String what = golden.name() + " " + key + " source " + n + " hypothesis " + k;
                int at = n * width + k;
                if (Double.isNaN(scores[at])) {
                    assertEquals(k, hypotheses.size(), what);
                    break;
                }
                long[] padded = Arrays.copyOfRange(tokens, at * steps, (at + 1) * steps);
                long[] expected = Arrays.stream(padded).takeWhile(id -> id >= 0).toArray();
                assertArrayEquals(expected, hypotheses.get(k).ids(), what);
                assertEquals(scores[at], hypotheses.get(k).score(), 1e-4, what);
                assertEquals(logs[at], hypotheses.get(k).logProbability(), 1e-4, what);
            }
        }
    }

    @Test
    void tablesRefuseUnknownIds() throws IOException {
        try (Generator generator =
                new Generator(GoldenSeq2Seq.network(Golden.read(cases().getFirst())), START, END).keepTables()) {
            List<long[]> sources = List.of(new long[] {3, 1_000_000});
            IllegalArgumentException e =
                    assertThrows(IllegalArgumentException.class, () -> generator.generate(sources, limited(2)));
            assertTrue(e.getMessage().contains("id 1000000"), e.getMessage());
            assertThrows(IllegalStateException.class, generator::keepTables);
        }
    }

    /// Greedy search against the argmax of the whole network, run anew for each id.
    @ParameterizedTest
    @MethodSource("cases")
    void oneHypothesisIsGreedy(String name) throws IOException {
        Golden golden = Golden.read(name);
        Seq2Seq network = GoldenSeq2Seq.network(golden);
        List<long[]> sources = sources(golden);
        try (Generator generator = new Generator(network, START, END)) {
            List<List<Hypothesis>> found =
                    generator.generate(sources, Search.greedy().maxLength(12));
            for (int n = 0; n < sources.size(); n++) {
                assertArrayEquals(
                        greedy(network, sources.get(n)), found.get(n).getFirst().ids(), name + " source " + n);
            }
        }
    }

    private static long[] greedy(Seq2Seq network, long[] source) {
        List<Long> ids = new ArrayList<>();
        ids.add((long) START);
        while (ids.size() < 12) {
            float[] logits =
                    logits(network, source, ids.stream().mapToLong(id -> id).toArray());
            int classes = network.decoder().vocabulary();
            int best = END;
            for (int v = 0; v < classes; v++) {
                int last = logits.length - classes;
                best = v != START && logits[last + v] > logits[last + best] ? v : best;
            }
            if (best == END) {
                break;
            }
            ids.add((long) best);
        }
        return ids.stream().skip(1).mapToLong(id -> id).toArray();
    }

    private static float[] logits(Seq2Seq network, long[] source, long[] ids) {
        Recorder recorder = new Recorder();
        recorder.output(
                "logits",
                network.forward(
                        recorder.constant(Tensor.of(Shape.of(source.length, 1), source)),
                        null,
                        recorder.constant(Tensor.of(Shape.of(ids.length, 1), ids))));
        try (PackedWeights weights = new PackedWeights();
                Program program = recorder.finish(weights, 1);
                Arena arena = Arena.ofConfined();
                Replay replay = program.replay(arena)) {
            replay.run();
            return replay.outputs().get("logits").toFloatArray();
        }
    }

    /// Sources leave the batch at different times, and what is left moves to smaller programs.
    @ParameterizedTest
    @MethodSource("cases")
    void aBatchGivesWhatEachGivesAlone(String name) throws IOException {
        Golden golden = Golden.read(name);
        List<long[]> sources = new ArrayList<>();
        for (int i = 0; i < 21; i++) {
            long[] source = new long[1 + i * 7 % 19];
            Arrays.setAll(source, s -> (s * 5L + source.length) % 11);
            sources.add(source);
        }
        Search search = Search.beam(3).lengthPenalty(0.5).coveragePenalty(0.1).withAttention();
        Seq2Seq network = GoldenSeq2Seq.network(golden);
        try (Generator together = new Generator(network, START, END, 16, 1);
                Generator alone = new Generator(network, START, END, 1, 1)) {
            List<List<Hypothesis>> expected = alone.generate(sources, search);
            List<List<Hypothesis>> actual = together.generate(sources, search);
            for (int n = 0; n < sources.size(); n++) {
                assertEquals(expected.get(n).size(), actual.get(n).size());
                for (int k = 0; k < expected.get(n).size(); k++) {
                    Hypothesis one = expected.get(n).get(k);
                    Hypothesis other = actual.get(n).get(k);
                    assertArrayEquals(one.ids(), other.ids());
                    assertEquals(one.score(), other.score(), 1e-4);
                    checkAttention(
                            sources.get(n),
                            one,
                            other,
                            network.decoder().context().attends());
                }
            }
        }
    }

    private static void checkAttention(long[] source, Hypothesis one, Hypothesis other, boolean attends) {
        if (!attends) {
            assertNull(other.attention());
            return;
        }
        assertEquals(one.ids().length + 1, other.attention().length);
        for (int t = 0; t < other.attention().length; t++) {
            assertEquals(source.length, other.attention()[t].length);
            assertArrayEquals(one.attention()[t], other.attention()[t], 1e-5f);
            double sum = 0;
            for (float weight : other.attention()[t]) {
                sum += weight;
            }
            assertEquals(1, sum, 1e-5);
        }
    }

    @Test
    void samplesFollowTheProbabilities() throws IOException {
        Golden golden = Golden.read("beam/attention_gru");
        Seq2Seq network = GoldenSeq2Seq.network(golden);
        long[] source = {3, 8, 1};
        try (Generator generator = new Generator(network, START, END)) {
            float[] logits = logits(network, source, new long[] {START});
            Search one = Search.sampling(2000, new Sampling(0.7, 0, 1, 9)).maxLength(2);
            int[] counts = new int[logits.length];
            for (Hypothesis sample : generator.generate(List.of(source), one).getFirst()) {
                counts[sample.ids().length == 0 ? END : (int) sample.ids()[0]]++;
            }
            double sum = 0;
            for (int v = 0; v < logits.length; v++) {
                sum += v == START ? 0 : Math.exp(logits[v] / 0.7);
            }
            for (int v = 0; v < logits.length; v++) {
                double expected = v == START ? 0 : Math.exp(logits[v] / 0.7) / sum;
                assertEquals(expected, counts[v] / 2000.0, 4 * Math.sqrt(expected / 2000) + 1e-9, "id " + v);
            }
            Set<Long> three = firsts(generator, source, new Sampling(5, 3, 1, 1));
            assertEquals(3, three.size());
            assertEquals(
                    1, firsts(generator, source, new Sampling(5, 0, 1e-6, 1)).size());
            assertEquals(
                    firsts(generator, source, new Sampling(1, 0, 0.5, 2)),
                    firsts(generator, source, new Sampling(1, 0, 0.5, 2)));
        }
    }

    private static Set<Long> firsts(Generator generator, long[] source, Sampling sampling) {
        Set<Long> firsts = new HashSet<>();
        for (Hypothesis sample : generator
                .generate(List.of(source), Search.sampling(200, sampling).maxLength(2))
                .getFirst()) {
            firsts.add(sample.ids().length == 0 ? END : sample.ids()[0]);
        }
        return firsts;
    }

    /// The same seed gives the same samples, and only the likeliest id is greedy.
    @ParameterizedTest
    @ValueSource(strings = {"beam/input_feeding_lstm_l2", "beam/copying_coverage_input_feeding_lstm"})
    void samplesDependOnTheSeedAlone(String name) throws IOException {
        Golden golden = Golden.read(name);
        List<long[]> sources = sources(golden);
        Seq2Seq network = GoldenSeq2Seq.network(golden);
        try (Generator together = new Generator(network, START, END);
                Generator alone = new Generator(network, START, END, 1, 1)) {
            Search search = Search.sampling(3, new Sampling(1.3, 5, 0.9, 17)).maxLength(12);
            List<List<Hypothesis>> once = together.generate(sources, search);
            List<List<Hypothesis>> again = alone.generate(sources, search);
            Search likeliest = Search.sampling(1, new Sampling(1, 1, 1, 3)).maxLength(12);
            List<List<Hypothesis>> first = together.generate(sources, likeliest);
            List<List<Hypothesis>> greedy =
                    together.generate(sources, Search.greedy().maxLength(12));
            for (int n = 0; n < sources.size(); n++) {
                assertEquals(3, once.get(n).size());
                for (int k = 0; k < 3; k++) {
                    assertArrayEquals(
                            once.get(n).get(k).ids(), again.get(n).get(k).ids());
                }
                assertArrayEquals(
                        greedy.get(n).getFirst().ids(), first.get(n).getFirst().ids());
            }
        }
    }

    /// What a search allocates does not grow with its steps.
    @Test
    void stepsAllocateNothing() throws IOException {
        Golden golden = Golden.read("beam/input_feeding_lstm_l2");
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        List<long[]> sources = sources(golden);
        try (Generator generator = new Generator(GoldenSeq2Seq.network(golden), START, END)) {
            Search few = Search.beam(3).minLength(20).maxLength(21);
            Search many = Search.beam(3).minLength(420).maxLength(421);
            long fewBytes = Long.MAX_VALUE;
            long manyBytes = Long.MAX_VALUE;
            for (int i = 0; i < 20; i++) {
                long before = threads.getCurrentThreadAllocatedBytes();
                generator.generate(sources, few);
                long between = threads.getCurrentThreadAllocatedBytes();
                generator.generate(sources, many);
                fewBytes = Math.min(fewBytes, between - before);
                manyBytes = Math.min(manyBytes, threads.getCurrentThreadAllocatedBytes() - between);
            }
            // Results, and the arrays that grow to them: 3 hypotheses of 4 sources, their ids and their parents.
            long results = 400L * 3 * 4 * (Long.BYTES + 4 * 2 * Integer.BYTES);
            assertTrue(manyBytes - fewBytes < results, manyBytes + " bytes for 421 steps, " + fewBytes + " for 21");
        }
    }

    @Test
    void misusesAreNamed() throws IOException {
        Golden golden = Golden.read("beam/attention_gru");
        Seq2Seq network = GoldenSeq2Seq.network(golden);
        assertEquals(
                "start 1 and end 9 are not two of 9 ids",
                assertThrows(IllegalArgumentException.class, () -> new Generator(network, 1, 9))
                        .getMessage());
        assertEquals(
                "width 0 is not positive",
                assertThrows(IllegalArgumentException.class, () -> Search.beam(0))
                        .getMessage());
        Generator generator = new Generator(network, START, END);
        assertEquals(List.of(), generator.generate(List.of(), Search.greedy()));
        assertEquals(
                "source 1 is empty",
                assertThrows(
                                IllegalArgumentException.class,
                                () -> generator.generate(List.of(new long[] {1}, new long[0]), Search.greedy()))
                        .getMessage());
        assertThrows(
                IllegalArgumentException.class, () -> generator.generate(List.of(new long[] {11}), Search.greedy()));
        assertEquals(
                1, generator.generate(List.of(new long[] {3}), Search.greedy()).size());
        generator.close();
        generator.close();
        assertThrows(IllegalStateException.class, () -> generator.generate(List.of(), Search.greedy()));
    }
}
