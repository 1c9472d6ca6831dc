package dev.rondo.decode;

import dev.rondo.nn.Seq2Seq;
import dev.rondo.program.PackedWeights;
import dev.rondo.program.Resources;
import dev.rondo.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/// Writes what a trained network makes of its sources: translations, answers, summaries.
///
/// {@snippet :
/// try (Generator generator = new Generator(network, 1, 2)) {
///     Hypothesis best = generator.generate(List.of(source), Search.beam(5).lengthPenalty(0.6)).getFirst().getFirst();
/// }
/// }
///
/// Sources of about equal length go through encoder and decoder together. A step is one program for all hypotheses of
/// all sources; hypotheses of a source share what they attend to, and the program puts their states in the order of
/// those that go on. Sources that are done leave: when half of them have, a program of half the size goes on. Programs
/// are kept for the numbers of sources and lengths used last; with one that is there, a step allocates nothing.
///
/// Threads: one at a time, whichever. The network's weights must not change any more.
public final class Generator implements AutoCloseable {
    private static final int LARGEST_BATCH = 32;
    private static final int STEPS_APART = 8; // lengths of sources are rounded up to a multiple
    private static final int PROGRAMS = 64; // that are kept

    private record Sizes(boolean isEncoder, long steps, long batch, long width) {}

    private final Seq2Seq network;
    private final long start;
    private final long end;
    private final int batch;
    private final PackedWeights weights = new PackedWeights();
    private Recorded.Settings settings;
    private final Map<Sizes, Recorded> programs = new LinkedHashMap<>(16, 0.75f, true);
    private boolean closed;

    /// A generator with one thread, for batches of up to 32 sources.
    ///
    /// @param start the id that the decoder reads before the first one it writes; it never writes it
    /// @param end   the id that it writes behind the last one
    public Generator(Seq2Seq network, long start, long end) {
        this(network, start, end, LARGEST_BATCH, 1);
    }

    /// @param batch   the most sources that are decoded together
    /// @param threads how many threads each instruction may use
    /// @throws IllegalArgumentException if start or end is no id of the decoder's, or a number is not positive
    public Generator(Seq2Seq network, long start, long end, int batch, int threads) {
        int vocabulary = network.decoder().vocabulary();
        if (start < 0 || start >= vocabulary || end < 0 || end >= vocabulary || start == end) {
            throw new IllegalArgumentException(
                    "start " + start + " and end " + end + " are not two of " + vocabulary + " ids");
        }
        if (batch < 1 || threads < 1) {
            throw new IllegalArgumentException("batch " + batch + " and threads " + threads + " have to be positive");
        }
        this.network = network;
        this.start = start;
        this.end = end;
        this.batch = batch;
        this.settings = new Recorded.Settings(weights, threads, false);
    }

    /// Lets encoder and decoder keep tables: the products of all embedded ids with the weights of the recurrent
    /// layers that read them, of gates times hidden size times 4 bytes an id. Steps are faster by that product. It
    /// takes as long as the products of as many steps as there are ids.
    ///
    /// @return this
    /// @throws IllegalStateException if something has been generated already
    public Generator keepTables() {
        if (!programs.isEmpty()) {
            throw new IllegalStateException("tables are kept from the beginning, or not at all");
        }
        settings = new Recorded.Settings(weights, settings.threads(), true);
        return this;
    }

    /// Searches for the best ids for each source.
    ///
    /// @param sources ids of each, at least one
    /// @return for each source up to K hypotheses, the best first
    /// @throws IllegalArgumentException if a source is empty, or has an id that the encoder does not know
    /// @throws IllegalStateException    if the generator is closed
    public List<List<Hypothesis>> generate(List<long[]> sources, Search search) {
        if (closed) {
            throw new IllegalStateException("the generator is closed");
        }
        for (int i = 0; i < sources.size(); i++) {
            if (sources.get(i).length == 0) {
                throw new IllegalArgumentException("source " + i + " is empty");
            }
        }
        List<Integer> order = new ArrayList<>();
        for (int i = 0; i < sources.size(); i++) {
            order.add(i);
        }
        order.sort(Comparator.comparingInt((Integer i) -> sources.get(i).length).reversed());
        List<List<Hypothesis>> found = new ArrayList<>(Collections.nCopies(sources.size(), List.of()));
        for (int from = 0; from < order.size(); from += batch) {
            List<Integer> chosen = order.subList(from, Math.min(order.size(), from + batch));
            List<Pursuit> pursuits = pursue(chosen, sources, search);
            for (int i = 0; i < chosen.size(); i++) {
                found.set(chosen.get(i), pursuits.get(i).hypotheses());
            }
        }
        return found;
    }

    private List<Pursuit> pursue(List<Integer> chosen, List<long[]> sources, Search search) {
        boolean attends = network.decoder().context().attends();
        List<Pursuit> pursuits = new ArrayList<>();
        for (int number : chosen) {
            Pursuit pursuit = search.sampling() == null
                    ? new Beam(search, attends, start, end)
                    : new Samples(search, search.sampling(), attends, start, end);
            pursuit.begin(sources.get(number).length, number);
            pursuits.add(pursuit);
        }
        Recorded encoded = encode(chosen, sources);
        Decoding decoding = new Decoding(encoded, pursuits, search.width());
        while (decoding.step()) {
            // goes on
        }
        return pursuits;
    }

    private Recorded encode(List<Integer> chosen, List<long[]> sources) {
        long steps = Math.ceilDiv(sources.get(chosen.getFirst()).length, STEPS_APART) * (long) STEPS_APART;
        long size = size(chosen.size());
        Recorded encoder =
                program(new Sizes(true, steps, size, 1), () -> Recorded.encoder(network, settings, steps, size));
        MemorySegment source = encoder.inputs.get("source").data(); // (S, N)
        MemorySegment lengths = encoder.inputs.get("lengths").data();
        source.fill((byte) 0);
        for (int n = 0; n < size; n++) {
            long[] ids = n < chosen.size() ? sources.get(chosen.get(n)) : new long[1];
            lengths.setAtIndex(ValueLayout.JAVA_LONG, n, ids.length);
            for (int s = 0; s < ids.length; s++) {
                source.setAtIndex(ValueLayout.JAVA_LONG, s * size + n, ids[s]);
            }
        }
        encoder.run();
        return encoder;
    }

    /// For how many sources a program is made: a power of two.
    private static long size(int sources) {
        return sources == 1 ? 1 : 2L * Integer.highestOneBit(sources - 1);
    }

    private Recorded program(Sizes sizes, Supplier<Recorded> maker) {
        Recorded known = programs.get(sizes);
        if (known != null) {
            return known;
        }
        while (programs.size() >= PROGRAMS) {
            Sizes oldest = programs.keySet().iterator().next();
            programs.remove(oldest).close();
        }
        Recorded made = maker.get();
        programs.put(sizes, made);
        return made;
    }

    /// The steps of a batch.
    private final class Decoding {
        private final Recorded encoded;
        private final long steps;
        private final int most; // hypotheses of a source
        private final Pursuit[] active; // by their places in the program
        private int count; // of places
        private int width; // rows of each: one while all hypotheses are alike
        private Recorded program;
        private Scores scores;
        private Rows attention;

        Decoding(Recorded encoded, List<Pursuit> pursuits, int most) {
            this.encoded = encoded;
            this.steps = encoded.inputs.get("source").shape().size(0);
            this.most = most;
            this.active = pursuits.toArray(Pursuit[]::new);
            this.count = active.length;
            this.width = active[0].live;
            use(count);
            program.inputs.forEach((name, tensor) -> {
                if (encoded.outputs.containsKey(name)) {
                    tensor.copyFrom(encoded.outputs.get(name));
                }
            });
            program.states().forEach((name, state) -> {
                for (int n = 0; n < count; n++) {
                    Recorded.copyState(encoded.outputs.get(name), n, state, (long) n * width);
                }
            });
            for (int row = 0; row < rows(); row++) {
                read(row, start, row / width * width);
            }
        }

        private int rows() {
            return (int) program.inputs.get("ids").shape().size(0);
        }

        private void use(int sources) {
            long size = size(sources);
            program = program(
                    new Sizes(false, steps, size, width), () -> Recorded.step(network, settings, encoded, size, width));
            scores = new Scores(
                    program.outputs.get("logits"), program.outputs.get("norms"), program.outputs.get("likeliest"));
            Tensor weights = program.outputs.get("weights");
            attention = weights == null ? null : new Rows(weights.data(), steps);
        }

        /// Lets the next step read an id in a row that continues another one.
        private void read(int row, long id, long parent) {
            program.inputs.get("ids").data().setAtIndex(ValueLayout.JAVA_LONG, row, id);
            if (width > 1) {
                program.inputs.get("parents").data().setAtIndex(ValueLayout.JAVA_LONG, row, parent);
            }
        }

        /// Takes a step.
        ///
        /// @return whether any search goes on
        boolean step() {
            program.run();
            int left = 0;
            for (int n = 0; n < count; n++) {
                int first = n * width;
                if (active[n] != null
                        && !active[n].advance(scores.from(first), attention == null ? null : attention.from(first))) {
                    active[n] = null;
                }
                left += active[n] == null ? 0 : 1;
            }
            if (left > 0) {
                fit(left);
                readOn();
            }
            return left > 0;
        }

        private void readOn() {
            for (int row = 0; row < rows(); row++) {
                Pursuit pursuit = row / width < count ? active[row / width] : null;
                int place = row % width;
                boolean lives = pursuit != null && place < pursuit.live;
                read(row, lives ? pursuit.id(place) : end, row - place + (lives ? pursuit.continued(place) : 0));
            }
        }

        /// Goes on with a smaller program where that is enough, and with one of more rows after the first step.
        private void fit(int left) {
            if (size(left) == size(count) && width == most) {
                return;
            }
            Recorded before = program;
            int widthBefore = width;
            width = most;
            use(left);
            int place = 0;
            for (int n = 0; n < count; n++) {
                if (active[n] != null) {
                    move(before, n, widthBefore, place);
                    active[place++] = active[n];
                }
            }
            Arrays.fill(active, left, count, null);
            count = left;
        }

        private void move(Recorded from, int source, int widthBefore, int place) {
            for (Map.Entry<String, Tensor> input : program.inputs.entrySet()) {
                if (encoded.outputs.containsKey(input.getKey())) {
                    Recorded.copySource(from.inputs.get(input.getKey()), source, input.getValue(), place);
                }
            }
            for (Map.Entry<String, Tensor> state : program.states().entrySet()) {
                for (int k = 0; k < widthBefore; k++) {
                    long row = (long) source * widthBefore + k;
                    Recorded.copyState(
                            from.states().get(state.getKey()), row, state.getValue(), (long) place * width + k);
                }
            }
        }
    }

    /// Bytes of native memory that programs and packed weights take.
    public long byteSize() {
        return weights.byteSize()
                + programs.values().stream().mapToLong(Recorded::byteSize).sum();
    }

    @Override
    public void close() {
        if (!closed) {
            closed = true;
            Resources all = new Resources();
            all.add(weights::close);
            programs.values().forEach(program -> all.add(program::close));
            all.close();
        }
    }
}
