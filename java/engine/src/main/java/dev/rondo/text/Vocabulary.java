package dev.rondo.text;

import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// Strings and their ids, which begin behind the special ones.
final class Vocabulary {
    private final List<String> strings;
    private final Map<String, Long> ids = new HashMap<>();

    /// @throws IllegalArgumentException if a string is there twice
    Vocabulary(List<String> strings) {
        this.strings = List.copyOf(strings);
        for (int i = 0; i < strings.size(); i++) {
            if (ids.put(strings.get(i), (long) i + Tokenizer.SPECIALS) != null) {
                throw new IllegalArgumentException("has \"" + strings.get(i) + "\" twice in its vocabulary");
            }
        }
    }

    /// The most frequent strings, the most frequent first; equally frequent ones in the order of their code units.
    static List<String> mostFrequent(Map<String, Long> counts, int limit) {
        return counts.entrySet().stream()
                .sorted(Map.Entry.<String, Long>comparingByValue()
                        .reversed()
                        .thenComparing(Map.Entry.comparingByKey(Comparator.naturalOrder())))
                .limit(limit)
                .map(Map.Entry::getKey)
                .toList();
    }

    List<String> strings() {
        return strings;
    }

    int size() {
        return Tokenizer.SPECIALS + strings.size();
    }

    long id(String string) {
        return ids.getOrDefault(string, Tokenizer.UNKNOWN);
    }

    long[] ids(Collection<String> all) {
        return all.stream().mapToLong(this::id).toArray();
    }

    /// The string of an id: nothing for start and end.
    ///
    /// @throws IllegalArgumentException if there is no such id
    String string(long id) {
        if (id < 0 || id >= size()) {
            throw new IllegalArgumentException("id " + id + " is none of " + size());
        }
        if (id < Tokenizer.SPECIALS) {
            return id == Tokenizer.UNKNOWN ? "\uFFFD" : "";
        }
        return strings.get((int) id - Tokenizer.SPECIALS);
    }

    /// The string of an id as people read it.
    String label(long id) {
        return id == Tokenizer.START ? "<s>" : id == Tokenizer.END ? "</s>" : string(id);
    }
}
