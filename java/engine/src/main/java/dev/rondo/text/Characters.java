package dev.rondo.text;

import dev.rondo.format.Json;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;

/// Each character, that is, each code point, is an id.
public final class Characters implements Tokenizer {
    private final Vocabulary vocabulary;

    Characters(List<String> vocabulary) {
        this.vocabulary = new Vocabulary(vocabulary);
    }

    /// All characters of texts, in the order of their code points.
    public static Characters learn(Collection<String> texts) {
        return new Characters(texts.stream()
                .flatMapToInt(String::codePoints)
                .distinct()
                .boxed()
                .sorted(Comparator.naturalOrder())
                .map(Character::toString)
                .toList());
    }

    static List<String> characters(String text) {
        return text.codePoints().mapToObj(Character::toString).toList();
    }

    @Override
    public int size() {
        return vocabulary.size();
    }

    @Override
    public long[] encode(String text) {
        return vocabulary.ids(characters(text));
    }

    @Override
    public String decode(long[] ids) {
        StringBuilder text = new StringBuilder();
        for (long id : ids) {
            text.append(vocabulary.string(id));
        }
        return text.toString();
    }

    @Override
    public String label(long id) {
        return vocabulary.label(id);
    }

    @Override
    public Json.ObjectValue toJson() {
        return Tokenizer.json("characters", Map.of("vocabulary", vocabulary.strings()));
    }
}
