package dev.rondo.text;

import dev.rondo.format.Json;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/// Each word, that is, whatever stands between blanks, is an id.
public final class Words implements Tokenizer {
    private final Vocabulary vocabulary;

    Words(List<String> vocabulary) {
        this.vocabulary = new Vocabulary(vocabulary);
    }

    /// The most frequent words of texts.
    ///
    /// @param limit how many at the most
    public static Words learn(Collection<String> texts, int limit) {
        return new Words(Vocabulary.mostFrequent(counts(texts), limit));
    }

    static Map<String, Long> counts(Collection<String> texts) {
        Map<String, Long> counts = new HashMap<>();
        for (String text : texts) {
            split(text).forEach(word -> counts.merge(word, 1L, Long::sum));
        }
        return counts;
    }

    static List<String> split(String text) {
        String stripped = text.strip();
        return stripped.isEmpty() ? List.of() : Arrays.asList(stripped.split("\\s+"));
    }

    @Override
    public int size() {
        return vocabulary.size();
    }

    @Override
    public long[] encode(String text) {
        return vocabulary.ids(split(text));
    }

    @Override
    public String decode(long[] ids) {
        return Arrays.stream(ids)
                .filter(id -> id != START && id != END)
                .mapToObj(vocabulary::string)
                .collect(Collectors.joining(" "));
    }

    @Override
    public String label(long id) {
        return vocabulary.label(id);
    }

    @Override
    public Json.ObjectValue toJson() {
        return Tokenizer.json("words", Map.of("vocabulary", vocabulary.strings()));
    }
}
