package dev.rondo.decode;

/// Beam search for one source, or greedy search where the beam is one hypothesis wide.
final class Beam extends Pursuit {
    private final double[] best; // continuations, the best first
    private final int[] bestParent;
    private final int[] bestId;
    private final double[] next;
    private int count; // of continuations

    Beam(Search search, boolean attends, long start, long end) {
        super(search, attends, start, end);
        best = new double[2 * width];
        bestParent = new int[2 * width];
        bestId = new int[2 * width];
        next = new double[width];
    }

    @Override
    void begin(int sourceLength, long number) {
        super.begin(sourceLength, number);
        live = 1; // all rows are alike
    }

    @Override
    void choose(Scores scores, boolean last) {
        count = 0;
        for (int k = 0; k < live; k++) {
            if (last) {
                offer(k, (int) end, logProbabilities[k] + scores.at(k, end));
            } else {
                scan(k, scores);
            }
        }
        int following = 0;
        for (int rank = 0; rank < count; rank++) {
            if (bestId[rank] == end) {
                if (rank < width) {
                    finish(bestParent[rank], best[rank]);
                }
            } else if (following < width) {
                follow(following, bestParent[rank], bestId[rank]);
                next[following++] = best[rank];
            }
        }
        live = following;
        System.arraycopy(next, 0, logProbabilities, 0, live);
    }

    /// Offers what may follow: of the likeliest ids, unless too few of these are allowed.
    private void scan(int hypothesis, Scores scores) {
        double before = logProbabilities[hypothesis];
        int allowed = 0;
        boolean all = false; // that are possible
        for (int place = 0; place < scores.count() && !all; place++) {
            int id = scores.likeliest(hypothesis, place);
            all = id < 0;
            allowed += all || !allows(hypothesis, id) ? 0 : 1;
        }
        if (all || allowed >= best.length) {
            for (int place = 0; place < scores.count() && scores.likeliest(hypothesis, place) >= 0; place++) {
                int id = scores.likeliest(hypothesis, place);
                offer(hypothesis, id, before + scores.at(hypothesis, id));
            }
            return;
        }
        for (int id = 0; id < scores.width(); id++) {
            offer(hypothesis, id, before + scores.at(hypothesis, id));
        }
    }

    /// What a continuation has to be better than.
    private double worst() {
        return count < best.length ? Double.NEGATIVE_INFINITY : best[count - 1];
    }

    /// Puts a continuation among the best ones, behind those as good.
    private void offer(int parent, int id, double sum) {
        if (!(sum > worst()) || !allows(parent, id)) {
            return;
        }
        int place = count < best.length ? count++ : count - 1;
        while (place > 0 && best[place - 1] < sum) {
            best[place] = best[place - 1];
            bestParent[place] = bestParent[place - 1];
            bestId[place] = bestId[place - 1];
            place--;
        }
        best[place] = sum;
        bestParent[place] = parent;
        bestId[place] = id;
    }

    @Override
    boolean isDone() {
        return finishedCount() >= width;
    }
}
