package dev.rondo.decode;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// The search for one source: what its K hypotheses have so far, and which of them go on.
///
/// Hypotheses are kept as the ids of each step with the places, among those of the step before, that they continue. The
/// same object serves one source after the other; its arrays grow to what was needed most.
abstract sealed class Pursuit permits Beam, Samples {
    private static final float LEAST_COVERAGE = 1e-10f; // windows leave source ids without any

    final Search search;
    private final boolean attends; // and somebody wants to know
    final long end;
    private final long start;
    final int width;
    final double[] logProbabilities; // of what goes on
    int live; // how many hypotheses go on: the first ones
    int step; // how many ids they have

    private int[] ids = {}; // (T, K)
    private int[] parents = {}; // (T, K)
    private float[] weights = {}; // (T, K, S), by the places before the step
    private float[] coverage = {}; // (K, S)
    private float[] nextCoverage = {};
    private int source; // number of ids
    private int limit;
    private final List<Hypothesis> finished = new ArrayList<>();

    /// @param attends whether the decoder does
    Pursuit(Search search, boolean attends, long start, long end) {
        this.search = search;
        this.attends = attends && (search.attention() || search.coveragePenalty() > 0);
        this.start = start;
        this.end = end;
        this.width = search.width();
        this.logProbabilities = new double[width];
    }

    /// Begins with a source.
    ///
    /// @param number of the source among all
    void begin(int sourceLength, long number) {
        source = sourceLength;
        limit = search.limit(sourceLength);
        step = 0;
        finished.clear();
        Arrays.fill(logProbabilities, 0);
        if (attends && coverage.length < width * source) {
            coverage = new float[width * source];
            nextCoverage = new float[width * source];
        }
        Arrays.fill(coverage, 0);
    }

    /// Takes a step.
    ///
    /// @param scores  of each row
    /// @param weights of each row, or null without attention
    /// @return whether the search goes on
    final boolean advance(Scores scores, @Nullable Rows weights) {
        grow();
        if (attends) {
            read(Objects.requireNonNull(weights));
        }
        choose(scores, step + 1 == limit);
        if (attends) {
            moveCoverage();
        }
        step++;
        return live > 0 && !isDone();
    }

    private void grow() {
        if (ids.length < (step + 1) * width) {
            int steps = Math.min(limit, Math.max(16, 2 * step));
            ids = Arrays.copyOf(ids, steps * width);
            parents = Arrays.copyOf(parents, steps * width);
        }
        if (attends && weights.length < (step + 1) * width * source) {
            weights = Arrays.copyOf(weights, Math.min(limit, Math.max(16, 2 * step)) * width * source);
        }
    }

    private void read(Rows rows) {
        for (int k = 0; k < live; k++) {
            for (int s = 0; s < source; s++) {
                float weight = rows.at(k, s);
                weights[(step * width + k) * source + s] = weight;
                coverage[k * source + s] += weight;
            }
        }
    }

    private void moveCoverage() {
        for (int k = 0; k < live; k++) {
            System.arraycopy(coverage, parent(k) * source, nextCoverage, k * source, source);
        }
        float[] before = coverage;
        coverage = nextCoverage;
        nextCoverage = before;
    }

    /// Decides which hypotheses finish, and calls [#follow] for those that go on.
    ///
    /// @param last whether all that can follow is the end
    abstract void choose(Scores scores, boolean last);

    /// Whether enough have finished.
    abstract boolean isDone();

    /// Whether an id may follow a hypothesis at this step.
    final boolean allows(int hypothesis, int id) {
        return id != start
                && (id != end || step >= search.minLength())
                && (search.noRepeatNgram() == 0 || !repeats(hypothesis, id));
    }

    /// Whether an id would complete a sequence that the hypothesis has already.
    private boolean repeats(int hypothesis, int id) {
        int length = search.noRepeatNgram();
        int last = hypothesis; // place of the hypothesis after the step in question
        for (int t = step - 1; t >= length - 1; t--) {
            if (ids[t * width + last] == id && isSame(hypothesis, step - 1, last, t, length - 1)) {
                return true;
            }
            last = parents[t * width + last];
        }
        return false;
    }

    /// Whether the ids that end at one step are those before another one.
    ///
    /// @param one    place after step t
    /// @param other  place after step u, whose own id does not count
    private boolean isSame(int one, int t, int other, int u, int length) {
        int place = one;
        int before = parents[u * width + other];
        for (int i = 0; i < length; i++) {
            if (ids[(t - i) * width + place] != ids[(u - 1 - i) * width + before]) {
                return false;
            }
            place = parents[(t - i) * width + place];
            before = parents[(u - 1 - i) * width + before];
        }
        return true;
    }

    /// Lets a hypothesis go on.
    ///
    /// @param place among those that go on
    final void follow(int place, int parent, int id) {
        ids[step * width + place] = id;
        parents[step * width + place] = parent;
    }

    /// Keeps a hypothesis that has come to its end.
    final void finish(int hypothesis, double logProbability) {
        int length = step + 1;
        double covered = 0;
        if (attends && search.coveragePenalty() > 0) {
            for (int s = 0; s < source; s++) {
                covered += Math.log(Math.clamp(coverage[hypothesis * source + s], LEAST_COVERAGE, 1));
            }
        }
        long[] found = new long[step];
        float[][] attention = attends && search.attention() ? new float[length][] : null;
        int place = hypothesis;
        for (int t = step; t >= 0; t--) {
            if (attention != null) {
                int from = (t * width + place) * source;
                attention[t] = Arrays.copyOfRange(weights, from, from + source);
            }
            if (t > 0) {
                found[t - 1] = ids[(t - 1) * width + place];
                place = parents[(t - 1) * width + place];
            }
        }
        finished.add(new Hypothesis(found, search.score(logProbability, length, covered), logProbability, attention));
    }

    final int finishedCount() {
        return finished.size();
    }

    /// The id of a hypothesis that goes on.
    final int id(int place) {
        return ids[(step == 0 ? 0 : step - 1) * width + place];
    }

    /// Which hypothesis of the step before one continues.
    private int parent(int place) {
        return parents[step * width + place];
    }

    /// Which hypothesis of the step before one that goes on continues.
    final int continued(int place) {
        return parents[(step - 1) * width + place];
    }

    /// What has been found, the best first.
    final List<Hypothesis> hypotheses() {
        return finished.stream()
                .sorted(Comparator.comparingDouble(Hypothesis::score).reversed())
                .limit(width)
                .toList();
    }
}
