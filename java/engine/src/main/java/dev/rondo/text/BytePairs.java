package dev.rondo.text;

import dev.rondo.format.Json;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Pieces of words, learned by joining, again and again, the two neighbouring pieces that occur together most
/// often.
///
/// Words are what stands between blanks, each with `▁` in front; pieces never reach over words. At first each
/// character is a piece. Pairs that occur equally often are joined in the order of their code units, so what is
/// learned depends on the counts of the words alone. Decoding gives the text back, with single blanks, where all
/// its characters are known and none is the mark itself.
///
/// Source: Sennrich, Haddow and Birch 2016, arXiv 1508.07909; the mark is that of Kudo and Richardson 2018, arXiv
/// 1808.06226.
public final class BytePairs implements Tokenizer {
    private static final String MARK = "\u2581";

    private record Pair(String left, String right) {
        String joined() {
            return left + right;
        }

        static final Comparator<Pair> ORDER = Comparator.comparing(Pair::left).thenComparing(Pair::right);
    }

    private final List<String> characters;
    private final List<String> merges; // left and right, with a blank between
    private final Map<Pair, Integer> ranks = new HashMap<>();
    private final Vocabulary vocabulary;

    /// @throws IllegalArgumentException if a merge is not two pieces
    BytePairs(List<String> characters, List<String> merges) {
        this.characters = List.copyOf(characters);
        this.merges = List.copyOf(merges);
        List<String> pieces = new ArrayList<>(characters);
        Set<String> known = new HashSet<>(characters);
        for (String merge : merges) {
            String[] parts = merge.split(" ", -1);
            if (parts.length != 2) {
                throw new IllegalArgumentException("has a merge that is not two pieces: \"" + merge + "\"");
            }
            Pair pair = new Pair(parts[0], parts[1]);
            ranks.putIfAbsent(pair, ranks.size());
            if (known.add(pair.joined())) { // two ways may lead to one piece
                pieces.add(pair.joined());
            }
        }
        this.vocabulary = new Vocabulary(pieces);
    }

    /// Learns pieces from texts.
    ///
    /// @param size of the vocabulary, special ids included; there are at least all characters, and fewer ids only
    ///             where there is nothing left to join
    public static BytePairs learn(Collection<String> texts, int size) {
        Map<String, Long> counts = Words.counts(texts);
        List<String> words = counts.keySet().stream().sorted().toList();
        Learning learning = new Learning();
        words.forEach(word -> learning.add(word, counts.get(word)));
        List<String> characters = learning.words.stream()
                .flatMap(word -> word.pieces.stream())
                .distinct()
                .sorted()
                .toList();
        return new BytePairs(characters, learning.join(Math.max(0, size - SPECIALS - characters.size())));
    }

    private static List<String> pieces(String word) {
        return new ArrayList<>(Characters.characters(MARK + word));
    }

    private static final class Word {
        List<String> pieces;
        final long count;

        Word(List<String> pieces, long count) {
            this.pieces = pieces;
            this.count = count;
        }
    }

    /// How often a pair occurred when it was put into the queue; it may be out of date.
    private record Candidate(Pair pair, long count) {}

    private static final class Learning {
        private final List<Word> words = new ArrayList<>();
        private final Map<Pair, Long> counts = new HashMap<>();
        private final Map<Pair, Set<Integer>> places = new HashMap<>(); // words that a pair has occurred in
        private final PriorityQueue<Candidate> queue = new PriorityQueue<>(
                Comparator.comparingLong(Candidate::count).reversed().thenComparing(Candidate::pair, Pair.ORDER));

        void add(String word, long count) {
            words.add(new Word(pieces(word), count));
            count(words.size() - 1, 1, new HashSet<>());
        }

        private void count(int number, int sign, Set<Pair> changed) {
            Word word = words.get(number);
            for (int i = 0; i + 1 < word.pieces.size(); i++) {
                Pair pair = new Pair(word.pieces.get(i), word.pieces.get(i + 1));
                counts.merge(pair, sign * word.count, Long::sum);
                places.computeIfAbsent(pair, _ -> new HashSet<>()).add(number);
                changed.add(pair);
            }
        }

        List<String> join(int times) {
            counts.forEach((pair, count) -> queue.add(new Candidate(pair, count)));
            List<String> joined = new ArrayList<>();
            Set<String> made = new HashSet<>();
            while (made.size() < times && !queue.isEmpty()) {
                Candidate best = queue.poll();
                long count = counts.getOrDefault(best.pair, 0L);
                if (count != best.count || count == 0) {
                    continue; // a newer candidate stands for it
                }
                joined.add(best.pair.left + " " + best.pair.right);
                made.add(best.pair.joined());
                Set<Pair> changed = new HashSet<>();
                for (int number : places.remove(best.pair)) {
                    Word word = words.get(number);
                    count(number, -1, changed);
                    word.pieces = merged(word.pieces, best.pair);
                    count(number, 1, changed);
                }
                for (Pair pair : changed) {
                    long now = counts.getOrDefault(pair, 0L);
                    if (now > 0) {
                        queue.add(new Candidate(pair, now));
                    } else {
                        counts.remove(pair);
                        places.remove(pair);
                    }
                }
            }
            return joined;
        }
    }

    private static List<String> merged(List<String> pieces, Pair pair) {
        List<String> result = new ArrayList<>(pieces.size());
        for (int i = 0; i < pieces.size(); i++) {
            boolean fits = i + 1 < pieces.size()
                    && pieces.get(i).equals(pair.left)
                    && pieces.get(i + 1).equals(pair.right);
            result.add(fits ? pair.joined() : pieces.get(i));
            i += fits ? 1 : 0;
        }
        return result;
    }

    @Override
    public int size() {
        return vocabulary.size();
    }

    @Override
    public long[] encode(String text) {
        List<String> all = new ArrayList<>();
        for (String word : Words.split(text)) {
            List<String> pieces = pieces(word);
            for (Pair best = best(pieces); best != null; best = best(pieces)) {
                pieces = merged(pieces, best);
            }
            all.addAll(pieces);
        }
        return vocabulary.ids(all);
    }

    /// The pair that was learned first among those that are there, or null.
    private @Nullable Pair best(List<String> pieces) {
        Pair best = null;
        int least = Integer.MAX_VALUE;
        for (int i = 0; i + 1 < pieces.size(); i++) {
            Pair pair = new Pair(pieces.get(i), pieces.get(i + 1));
            int rank = ranks.getOrDefault(pair, Integer.MAX_VALUE);
            if (rank < least) {
                least = rank;
                best = pair;
            }
        }
        return best;
    }

    @Override
    public String decode(long[] ids) {
        StringBuilder text = new StringBuilder();
        for (long id : ids) {
            text.append(vocabulary.string(id));
        }
        return text.toString().replace(MARK, " ").strip();
    }

    @Override
    public String label(long id) {
        return vocabulary.label(id);
    }

    @Override
    public Json.ObjectValue toJson() {
        Map<String, List<String>> lists = new LinkedHashMap<>();
        lists.put("characters", characters);
        lists.put("merges", merges);
        return Tokenizer.json("byte pairs", lists);
    }
}
