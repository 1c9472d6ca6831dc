package dev.rondo.format;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class JsonTest {
    static Stream<Arguments> values() {
        return Stream.of(
                Arguments.of("null", new Json.NullValue()),
                Arguments.of("true", new Json.BooleanValue(true)),
                Arguments.of("false", new Json.BooleanValue(false)),
                Arguments.of("0", new Json.IntegerValue(0)),
                Arguments.of("-7", new Json.IntegerValue(-7)),
                Arguments.of("9223372036854775807", new Json.IntegerValue(Long.MAX_VALUE)),
                Arguments.of("-9223372036854775808", new Json.IntegerValue(Long.MIN_VALUE)),
                Arguments.of("9223372036854775808", new Json.RealValue(0x1p63)),
                Arguments.of("1000000000000000019884624838656", new Json.RealValue(1e30)),
                Arguments.of("1.0", new Json.RealValue(1)),
                Arguments.of("-0.0", new Json.RealValue(-0.0)),
                Arguments.of("1e-05", new Json.RealValue(1e-5)),
                Arguments.of("12.5E+2", new Json.RealValue(1250)),
                Arguments.of("\"\"", new Json.StringValue("")),
                Arguments.of("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", new Json.StringValue("\"\\/\b\f\n\r\t")),
                Arguments.of("\"\\u00e9\\u65E5\"", new Json.StringValue("é日")),
                Arguments.of("\"é日\u007f\"", new Json.StringValue("é日\u007f")),
                Arguments.of("\"\\ud83d\\uDE00\"", new Json.StringValue("\uD83D\uDE00")),
                Arguments.of("\"\uD83D\uDE00\"", new Json.StringValue("\uD83D\uDE00")),
                Arguments.of("[]", new Json.ArrayValue(List.of())),
                Arguments.of(
                        " [ 1 ,\r\n\t2 ] ",
                        new Json.ArrayValue(List.of(new Json.IntegerValue(1), new Json.IntegerValue(2)))),
                Arguments.of("{ }", new Json.ObjectValue(Map.of())),
                Arguments.of(
                        "{\"a\" : {\"\" : [null]}}",
                        new Json.ObjectValue(Map.of(
                                "a",
                                new Json.ObjectValue(
                                        Map.of("", new Json.ArrayValue(List.of(new Json.NullValue()))))))));
    }

    @ParameterizedTest
    @MethodSource("values")
    void parses(String text, Json value) {
        assertEquals(value, Json.parse(text, "t"));
        assertEquals(value, Json.parse(text.getBytes(StandardCharsets.UTF_8), "t"));
    }

    @ParameterizedTest
    @MethodSource("values")
    void writesWhatItParses(String text, Json value) {
        assertEquals(value, Json.parse(value.compact(), "t"));
        assertEquals(value, Json.parse(value.pretty(), "t"));
    }

    static Stream<Arguments> refused() {
        return Stream.of(
                Arguments.of("", "should have a value but has the end at 1:1"),
                Arguments.of("[1,", "should have a value but has the end at 1:4"),
                Arguments.of("[1,]", "should have a value but has ']' at 1:4"),
                Arguments.of("[1 2]", "should have ',' or ']' but has '2' at 1:4"),
                Arguments.of("{\"a\":1", "should have ',' or '}' but has the end at 1:7"),
                Arguments.of("{\"a\":1,}", "should have a member name but has '}' at 1:8"),
                Arguments.of("{a:1}", "should have a member name but has 'a' at 1:2"),
                Arguments.of("{\"a\" 1}", "should have ':' but has '1' at 1:6"),
                Arguments.of("nul", "should have a value but has 'n' at 1:1"),
                Arguments.of("nulll", "should have the end but has 'l' at 1:5"),
                Arguments.of("NaN", "should have a value but has 'N' at 1:1"),
                Arguments.of("-Infinity", "should have a digit but has 'I' at 1:2"),
                Arguments.of("+1", "should have a value but has '+' at 1:1"),
                Arguments.of("01", "should have the end but has '1' at 1:2"),
                Arguments.of("1.", "should have a digit but has the end at 1:3"),
                Arguments.of(".5", "should have a value but has '.' at 1:1"),
                Arguments.of("1e", "should have a digit but has the end at 1:3"),
                Arguments.of("1e+-2", "should have a digit but has '-' at 1:4"),
                Arguments.of("[-1e309]", "has the number -1e309, which is out of range at 1:2"),
                Arguments.of(
                        "1".repeat(400), "has the number " + "1".repeat(100) + "..., which is out of range at 1:1"),
                Arguments.of("{} x", "should have the end but has 'x' at 1:4"),
                Arguments.of("1 // one", "should have the end but has '/' at 1:3"),
                Arguments.of("'a'", "should have a value but has ''' at 1:1"),
                Arguments.of("\uFEFF1", "should have a value but has U+FEFF at 1:1"),
                Arguments.of("[1,\u00a02]", "should have a value but has U+00A0 at 1:4"),
                Arguments.of("\uD83D\uDE00", "should have a value but has U+1F600 at 1:1"),
                Arguments.of("\"abc", "has a string without an end at 1:1"),
                Arguments.of("\"a\nb\"", "has the control character U+000A within a string at 1:3"),
                Arguments.of("\"a\\xb\"", "has an unknown escape within a string at 1:3"),
                Arguments.of("\"\\", "has an unknown escape within a string at 1:2"),
                Arguments.of("\"\\u12g4\"", "has an escape without four hexadecimal digits at 1:2"),
                Arguments.of("\"\\u12", "has an escape without four hexadecimal digits at 1:2"),
                Arguments.of("\"\\u\uFF11234\"", "has an escape without four hexadecimal digits at 1:2"),
                Arguments.of("\"\\ud800\"", "has the lone surrogate U+D800 within a string at 1:1"),
                Arguments.of("\"\\ude00\\ud83d\"", "has the lone surrogate U+DE00 within a string at 1:1"),
                Arguments.of("[\"\uDC00\"]", "has the lone surrogate U+DC00 within a string at 1:2"),
                Arguments.of("{\"a\":1,\n \"a\":2}", "has a second member \"a\" at 2:2"),
                Arguments.of("{\"a\":1,\"\\u0061\":2}", "has a second member \"a\" at 1:8"),
                Arguments.of("[".repeat(65) + "]".repeat(65), "is nested more than 64 deep at 1:65"),
                Arguments.of("{\"a\":".repeat(100_000), "is nested more than 64 deep at 1:321"),
                Arguments.of("[\n1,\r\n\"\uD83D\uDE00\" x]", "should have ',' or ']' but has 'x' at 3:5"));
    }

    @ParameterizedTest
    @MethodSource("refused")
    void refuses(String text, String problem) {
        Expect.malformed("t.json: " + problem, () -> Json.parse(text, "t.json"));
    }

    @Test
    void acceptsTheDeepestNesting() {
        String text = "[".repeat(64) + "]".repeat(64);
        assertEquals(text, Json.parse(text, "t").compact().replaceAll("\\s", ""));
        String siblings = "[" + "[],{},".repeat(100) + "0]";
        assertEquals(siblings, Json.parse(siblings, "t").compact());
    }

    static Stream<byte[]> notUtf8() {
        return Stream.of(
                new byte[] {(byte) 0x80}, // continuation without a start
                new byte[] {(byte) 0xc0, (byte) 0xaf}, // overlong
                new byte[] {(byte) 0xed, (byte) 0xa0, (byte) 0x80}, // encoded surrogate
                new byte[] {(byte) 0xf4, (byte) 0x90, (byte) 0x80, (byte) 0x80}, // beyond Unicode
                new byte[] {(byte) 0xe6, (byte) 0x97}); // cut
    }

    @ParameterizedTest
    @MethodSource("notUtf8")
    void refusesWhatIsNotUtf8(byte[] bytes) {
        byte[] text = new byte[bytes.length + 4];
        text[0] = '[';
        text[1] = '\n';
        text[2] = '"';
        System.arraycopy(bytes, 0, text, 3, bytes.length);
        text[text.length - 1] = '"';
        Expect.malformed("t: is not valid UTF-8 at 2:2", () -> Json.parse(text, "t"));
        byte[] unended = Arrays.copyOf(text, text.length - 1);
        Expect.malformed("t: is not valid UTF-8 at 2:2", () -> Json.parse(unended, "t"));
    }

    @Test
    void keepsTheOrderOfMembers() {
        String text = "{\"z\":1,\"a\":2,\"m\":3}";
        assertEquals(text, Json.parse(text, "t").compact());
    }

    @Test
    void writesForPeople() {
        String text = "{\"a\":[1,2],\"b\":[{\"c\":null},[]],\"d\":{},\"e\":\"\\u0001\\n\\\"\\\\é\"}";
        String pretty = """
                {
                  "a": [1, 2],
                  "b": [
                    {
                      "c": null
                    },
                    []
                  ],
                  "d": {},
                  "e": "\\u0001\\n\\"\\\\é"
                }""";
        assertEquals(pretty, Json.parse(text, "t").pretty());
        assertEquals(text, Json.parse(pretty, "t").compact());
    }

    @Test
    void writesNoLoneSurrogates() {
        Json value = new Json.StringValue("a\uD800");
        Json named = new Json.ObjectValue(Map.of("\uDC00", new Json.NullValue()));
        assertThrows(IllegalArgumentException.class, value::compact);
        assertThrows(IllegalArgumentException.class, named::pretty);
    }

    @Test
    void hasNoNumbersThatAreNone() {
        assertThrows(IllegalArgumentException.class, () -> new Json.RealValue(Double.NaN));
        assertThrows(IllegalArgumentException.class, () -> new Json.RealValue(Double.POSITIVE_INFINITY));
    }

    @Test
    void isImmutable() {
        Map<String, Json> members = new LinkedHashMap<>(Map.of("a", new Json.NullValue()));
        Json.ObjectValue object = new Json.ObjectValue(members);
        members.clear();
        assertEquals(1, object.members().size());
        assertThrows(UnsupportedOperationException.class, () -> object.members().clear());
    }

    @Test
    void readsFiles(@TempDir Path folder) throws Exception {
        Path file = Files.writeString(folder.resolve("a.json"), "[1]");
        assertEquals("[1]", Json.read(file).compact());
        Files.writeString(file, "[1");
        Expect.malformed(file + ": should have ',' or ']' but has the end at 1:3", () -> Json.read(file));
        Path missing = folder.resolve("none.json");
        assertEquals(
                missing.toString(),
                assertThrows(NoSuchFileException.class, () -> Json.read(missing))
                        .getMessage());
    }

    @Test
    void refusesHugeFiles(@TempDir Path folder) throws Exception {
        Path file = folder.resolve("a.json");
        try (var channel = Files.newByteChannel(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            channel.position(100_000_000).write(ByteBuffer.wrap(new byte[1])); // sparse
        }
        Expect.malformed(
                file + ": has 100000001 bytes, more than the 100000000 JSON may have here", () -> Json.read(file));
    }
}
