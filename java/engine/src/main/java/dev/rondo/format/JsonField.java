package dev.rondo.format;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// A value in a JSON file together with where it is, so that a reader's wrong expectation becomes an error that names
/// the field: `config.json: field layers[2].size should be an integer but is the string "9"`.
///
/// Every accessor throws [MalformedFileException] if the value is not what it asks for.
///
/// Threads: fields are immutable.
public final class JsonField {
    private final String file;
    private final JsonField parent;
    private final String step;
    private final Json value;

    private JsonField(String file, JsonField parent, String step, Json value) {
        this.file = file;
        this.parent = parent;
        this.step = step;
        this.value = value;
    }

    /// The outermost value of a file that is parsed already.
    ///
    /// @param file name of the file, for messages
    public static JsonField of(Json value, String file) {
        return new JsonField(file, null, "", value);
    }

    /// The outermost value of a file.
    ///
    /// @throws IOException            if the file cannot be read
    /// @throws MalformedFileException as [Json#read(Path)]
    public static JsonField read(Path file) throws IOException {
        return of(Json.read(file), file.toString());
    }

    /// The value itself.
    public Json value() {
        return value;
    }

    /// Whether the value is `null`.
    public boolean isNull() {
        return value instanceof Json.NullValue;
    }

    /// A member of this object, which must be there.
    public JsonField get(String name) {
        return find(name).orElseThrow(() -> member(name, value).malformed("is missing"));
    }

    /// A member of this object, if it is there; one that is `null` is there.
    public Optional<JsonField> find(String name) {
        return Optional.ofNullable(asObject().get(name)).map(found -> member(name, found));
    }

    /// This object's members, in the order of the file.
    public Map<String, JsonField> members() {
        Map<String, JsonField> members = new LinkedHashMap<>();
        asObject().forEach((name, found) -> members.put(name, member(name, found)));
        return Collections.unmodifiableMap(members);
    }

    /// This array's elements.
    public List<JsonField> elements() {
        List<Json> found = asArray();
        List<JsonField> elements = new ArrayList<>(found.size());
        for (int i = 0; i < found.size(); i++) {
            elements.add(element(i, found.get(i)));
        }
        return Collections.unmodifiableList(elements);
    }

    /// This string.
    public String asString() {
        if (value instanceof Json.StringValue(String string)) {
            return string;
        }
        throw isNot("a string");
    }

    /// This boolean.
    public boolean asBoolean() {
        if (value instanceof Json.BooleanValue(boolean bool)) {
            return bool;
        }
        throw isNot("true or false");
    }

    /// This integer; a number with a fraction or an exponent, such as `1.0`, is none.
    public long asLong() {
        if (value instanceof Json.IntegerValue(long number)) {
            return number;
        }
        throw isNot("an integer of 64 bits");
    }

    /// This integer, which must fit 32 bits; a number with a fraction or an exponent, such as `1.0`, is none.
    public int asInt() {
        if (value instanceof Json.IntegerValue(long number) && number == (int) number) {
            return (int) number;
        }
        throw isNot("an integer of 32 bits");
    }

    /// This number; an integer beyond 53 bits is rounded.
    public double asDouble() {
        return switch (value) {
            case Json.IntegerValue(long number) -> number;
            case Json.RealValue(double number) -> number;
            default -> throw isNot("a number");
        };
    }

    /// This array of integers.
    public long[] asLongs() {
        List<Json> elements = asArray();
        long[] numbers = new long[elements.size()];
        for (int i = 0; i < numbers.length; i++) {
            numbers[i] = elements.get(i) instanceof Json.IntegerValue(long number)
                    ? number
                    : element(i, elements.get(i)).asLong();
        }
        return numbers;
    }

    /// An exception that says what is wrong with this field.
    ///
    /// @param problem continues a sentence that starts with the field: `is missing`
    public MalformedFileException malformed(String problem) {
        return new MalformedFileException(file, parent == null ? problem : "field " + path() + " " + problem);
    }

    private Map<String, Json> asObject() {
        if (value instanceof Json.ObjectValue(Map<String, Json> members)) {
            return members;
        }
        throw isNot("an object");
    }

    private List<Json> asArray() {
        if (value instanceof Json.ArrayValue(List<Json> elements)) {
            return elements;
        }
        throw isNot("an array");
    }

    private JsonField member(String name, Json found) {
        return new JsonField(file, this, name, found);
    }

    private JsonField element(int index, Json found) {
        return new JsonField(file, this, "[" + index + "]", found);
    }

    private String path() {
        if (parent == null) {
            return "";
        }
        if (parent.value instanceof Json.ArrayValue) {
            return parent.path() + step;
        }
        String before = parent.path();
        return step.matches("\\w{1,100}")
                ? before + (before.isEmpty() ? "" : ".") + step
                : before + "[" + MalformedFileException.quote(step) + "]";
    }

    private MalformedFileException isNot(String wanted) {
        String found = switch (value) {
            case Json.ObjectValue _ -> "an object";
            case Json.ArrayValue _ -> "an array";
            case Json.StringValue(String string) -> "the string " + MalformedFileException.quote(string);
            case Json.IntegerValue(long number) -> "the number " + number;
            case Json.RealValue(double number) -> "the number " + number;
            case Json.BooleanValue(boolean bool) -> String.valueOf(bool);
            case Json.NullValue() -> "null";
        };
        return malformed("should be " + wanted + " but is " + found);
    }
}
