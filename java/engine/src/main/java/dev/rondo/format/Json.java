package dev.rondo.format;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/// A JSON value, and the strict reading and writing of JSON text (RFC 8259).
///
/// The parser accepts exactly the RFC's grammar, and refuses what the RFC leaves open: a byte order mark, duplicate
/// member names, strings that are not well-formed Unicode (lone surrogates), nesting deeper than [#MAX_DEPTH], and
/// numbers that no finite double is near. Every refusal is a [MalformedFileException] that ends with the position,
/// `at line:column`, both counted from 1 and columns in Unicode characters.
///
/// Readers of a particular file get at its values through [JsonField], whose errors name the field.
///
/// Threads: values are immutable.
public sealed interface Json {
    /// How deep objects and arrays may be nested in a text.
    int MAX_DEPTH = 64;

    /// How long a file read by [#read(Path)] may be, in bytes.
    int MAX_FILE_SIZE = 100_000_000;

    /// An object.
    ///
    /// @param members its members, in the order of the text; unmodifiable
    record ObjectValue(Map<String, Json> members) implements Json {
        public ObjectValue {
            members = Collections.unmodifiableMap(new LinkedHashMap<>(members));
        }
    }

    /// An array.
    ///
    /// @param elements its elements; unmodifiable
    record ArrayValue(List<Json> elements) implements Json {
        public ArrayValue {
            elements = List.copyOf(elements);
        }
    }

    /// A string.
    record StringValue(String value) implements Json {
        public StringValue {
            Objects.requireNonNull(value, "value");
        }
    }

    /// A number: an [IntegerValue] if it was written without fraction and exponent and fits, else a [RealValue].
    sealed interface NumberValue extends Json permits IntegerValue, RealValue {}

    /// A number that is exact.
    record IntegerValue(long value) implements NumberValue {}

    /// A number with a fraction or an exponent, or too large for a `long`: the nearest double.
    record RealValue(double value) implements NumberValue {
        public RealValue {
            if (!Double.isFinite(value)) {
                throw new IllegalArgumentException("JSON has no number " + value);
            }
        }
    }

    /// `true` or `false`.
    record BooleanValue(boolean value) implements Json {}

    /// `null`.
    record NullValue() implements Json {}

    /// Parses a text.
    ///
    /// @param file name of the file that the text is from, for messages
    /// @throws MalformedFileException if the text is not one JSON value
    static Json parse(String text, String file) {
        return new JsonParser(text, file).parse();
    }

    /// Parses a text in UTF-8.
    ///
    /// @param file name of the file that the text is from, for messages
    /// @throws MalformedFileException if the bytes are not UTF-8 or the text is not one JSON value
    static Json parse(byte[] utf8, String file) {
        return parse(JsonParser.decode(utf8, file), file);
    }

    /// Parses a file in UTF-8.
    ///
    /// @throws IOException            if the file cannot be read
    /// @throws MalformedFileException if it is longer than [#MAX_FILE_SIZE], not UTF-8 or not one JSON value
    static Json read(Path file) throws IOException {
        long size = InputFile.size(file);
        if (size > MAX_FILE_SIZE) {
            throw new MalformedFileException(
                    file.toString(), "has " + size + " bytes, more than the " + MAX_FILE_SIZE + " JSON may have here");
        }
        return parse(Files.readAllBytes(file), file.toString());
    }

    /// This value as text without any white space.
    ///
    /// @throws IllegalArgumentException if a string or member name is not well-formed Unicode
    default String compact() {
        return new JsonWriter(false).write(this);
    }

    /// This value as text for people: two spaces of indent, and arrays of plain values on one line. There is no
    /// line end after the last line.
    ///
    /// @throws IllegalArgumentException if a string or member name is not well-formed Unicode
    default String pretty() {
        return new JsonWriter(true).write(this);
    }
}
