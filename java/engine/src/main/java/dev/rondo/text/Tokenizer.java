package dev.rondo.text;

import dev.rondo.format.Json;
import dev.rondo.format.JsonField;
import dev.rondo.format.MalformedFileException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// Text as ids, and back. Ids 0, 1 and 2 mean something unknown, the start and the end of a text; no text has the
/// last two in it.
///
/// {@snippet :
/// Tokenizer tokenizer = BytePairs.learn(sentences, 8000);
/// long[] ids = tokenizer.encode("Das ist ein Haus.");
/// String text = tokenizer.decode(ids);
/// }
///
/// Tokenizers learn from texts alone: the same texts in the same order give the same ids. Threads: any; immutable.
public sealed interface Tokenizer permits Bytes, Characters, Words, BytePairs {
    /// Stands for what the vocabulary lacks.
    long UNKNOWN = 0;

    /// Comes before a text.
    long START = 1;

    /// Comes after a text.
    long END = 2;

    /// How many ids come before the vocabulary's.
    int SPECIALS = 3;

    /// Number of ids, the three special ones included.
    int size();

    /// A text's ids, without start and end.
    long[] encode(String text);

    /// The text of ids. Start and end give nothing, something unknown gives �.
    ///
    /// @throws IllegalArgumentException if there is no such id
    String decode(long[] ids);

    /// What an id stands for, as people read it.
    String label(long id);

    /// Everything that [#of(JsonField)] needs.
    Json.ObjectValue toJson();

    /// A tokenizer that has been written as JSON.
    ///
    /// @throws MalformedFileException naming the field at fault
    static Tokenizer of(JsonField json) {
        String type = json.get("type").asString();
        try {
            return switch (type) {
                case "bytes" -> new Bytes();
                case "characters" -> new Characters(strings(json.get("vocabulary")));
                case "words" -> new Words(strings(json.get("vocabulary")));
                case "byte pairs" ->
                    new BytePairs(
                            strings(json.get("characters")),
                            json.get("merges").elements().stream()
                                    .map(JsonField::asString)
                                    .toList());
                default -> throw json.get("type").malformed("is no tokenizer: " + MalformedFileException.quote(type));
            };
        } catch (IllegalArgumentException e) {
            throw json.malformed(e.getMessage());
        }
    }

    private static List<String> strings(JsonField field) {
        return field.elements().stream().map(JsonField::asString).toList();
    }

    /// An object with a type and lists of strings.
    static Json.ObjectValue json(String type, Map<String, List<String>> lists) {
        Map<String, Json> members = new LinkedHashMap<>();
        members.put("type", new Json.StringValue(type));
        lists.forEach((name, strings) -> members.put(
                name,
                new Json.ArrayValue(strings.stream()
                        .map(string -> (Json) new Json.StringValue(string))
                        .toList())));
        return new Json.ObjectValue(members);
    }
}
