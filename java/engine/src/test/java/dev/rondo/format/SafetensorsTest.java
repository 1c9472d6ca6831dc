package dev.rondo.format;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rondo.tensor.DataType;
import dev.rondo.tensor.Shape;
import dev.rondo.tensor.Tensor;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class SafetensorsTest {
    /// What safetensors 0.8.0 writes, byte for byte: an I64 scalar, an F32 matrix and a U8 vector, with metadata.
    static final byte[] REFERENCE = bytes(
            200,
            "{\"__metadata__\":{\"format\":\"np\"},\"n\":{\"dtype\":\"I64\",\"shape\":[],\"data_offsets\":[0,8]},"
                    + "\"w\":{\"dtype\":\"F32\",\"shape\":[2,2],\"data_offsets\":[8,24]},"
                    + "\"u\":{\"dtype\":\"U8\",\"shape\":[3],\"data_offsets\":[24,27]}}      ",
            "0700000000000000" + "000000000000803f0000004000004040" + "010203");

    @TempDir
    Path folder;

    static byte[] bytes(long headerLength, String header, String hexData) {
        byte[] json = header.getBytes(StandardCharsets.UTF_8);
        byte[] data = HexFormat.of().parseHex(hexData);
        return ByteBuffer.allocate(8 + json.length + data.length)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(headerLength)
                .put(json)
                .put(data)
                .array();
    }

    private static Safetensors parse(byte[] bytes) {
        return Safetensors.parse(MemorySegment.ofArray(bytes), "m");
    }

    private static Safetensors parse(String header, String hexData) {
        return parse(bytes(header.length(), header, hexData));
    }

    private static String tensor(String name, String dtype, String shape, long begin, long end) {
        return "\"%s\":{\"dtype\":\"%s\",\"shape\":%s,\"data_offsets\":[%d,%d]}"
                .formatted(name, dtype, shape, begin, end);
    }

    @Test
    void readsTheReference() throws IOException {
        Path file = Files.write(folder.resolve("m.safetensors"), REFERENCE);
        try (Arena arena = Arena.ofConfined()) {
            Safetensors read = Safetensors.read(file, arena);
            assertEquals(Map.of("format", "np"), read.metadata());
            assertEquals(List.of("n", "w", "u"), List.copyOf(read.tensors().keySet()));
            Samples.assertSame(Tensor.of(Shape.of(), 7L), read.tensors().get("n"));
            Samples.assertSame(
                    Tensor.of(Shape.of(2, 2), 0f, 1f, 2f, 3f), read.tensors().get("w"));
            Tensor u = read.tensors().get("u");
            assertEquals(DataType.U8, u.type());
            assertArrayEquals(new byte[] {1, 2, 3}, u.data().toArray(ValueLayout.JAVA_BYTE));
            assertTrue(u.data().isMapped());
        }
    }

    @Test
    void writesTheReference() throws IOException {
        Path file = folder.resolve("m.safetensors");
        Safetensors reference = parse(REFERENCE);
        Safetensors.write(file, reference.tensors(), reference.metadata());
        assertArrayEquals(REFERENCE, Files.readAllBytes(file));
        Expect.files(folder, "m.safetensors");
    }

    @Test
    void roundTripsAllTypesAndShapes() throws IOException {
        Map<String, Tensor> tensors = new LinkedHashMap<>();
        Samples.all().forEach(t -> tensors.put("é日\n\"" + t.type() + t.shape(), t));
        Map<String, String> metadata = Map.of("a", "\u0000\"\\", "", "");
        Path file = folder.resolve("m");
        Safetensors.write(file, tensors, metadata);
        try (Arena arena = Arena.ofConfined()) {
            Safetensors read = Safetensors.read(file, arena);
            assertEquals(metadata, read.metadata());
            assertEquals(
                    List.copyOf(tensors.keySet()), List.copyOf(read.tensors().keySet()));
            tensors.forEach(
                    (name, tensor) -> Samples.assertSame(tensor, read.tensors().get(name)));
        }
        assertEquals(
                0,
                ByteBuffer.wrap(Files.readAllBytes(file))
                                .order(ByteOrder.LITTLE_ENDIAN)
                                .getLong()
                        % 8);
    }

    @Test
    void writesMemoryOnTheHeap() throws IOException {
        Tensor tensor = new Tensor(Shape.of(2), DataType.F32, MemorySegment.ofArray(new float[] {1.5f, -2}));
        Path file = folder.resolve("m");
        Safetensors.write(file, Map.of("x", tensor), Map.of());
        byte[] written = Files.readAllBytes(file);
        assertEquals("0000c03f000000c0", HexFormat.of().formatHex(written, written.length - 8, written.length));
    }

    @Test
    void roundTripsNothing() throws IOException {
        Path file = folder.resolve("m");
        Safetensors.write(file, Map.of(), Map.of());
        assertArrayEquals(bytes(8, "{}      ", ""), Files.readAllBytes(file));
        Safetensors read = Safetensors.read(file, Arena.global());
        assertTrue(read.tensors().isEmpty() && read.metadata().isEmpty());
    }

    @Test
    void ordersTensorsByTheirData() {
        String header = "{" + tensor("b", "U8", "[1]", 1, 2) + "," + tensor("a", "U8", "[1]", 0, 1) + ","
                + tensor("e", "F32", "[0,4]", 1, 1) + "}";
        assertEquals(
                List.of("a", "e", "b"),
                List.copyOf(parse(header, "0102").tensors().keySet()));
    }

    @Test
    void widensHalfPrecision() {
        String header = "{" + tensor("h", "F16", "[7]", 0, 14) + "," + tensor("b", "BF16", "[2,2]", 14, 22) + "}";
        // F16: 1, -2, largest, smallest subnormal, -0, infinity, NaN; BF16: 1, -2, 3.140625, -infinity
        Safetensors read = parse(header, "003c00c0ff7b01000080007c007e" + "803f00c0494080ff");
        assertArrayEquals(
                new float[] {1, -2, 65504, 0x1p-24f, -0f, Float.POSITIVE_INFINITY, Float.NaN},
                read.tensors().get("h").toFloatArray());
        assertArrayEquals(
                new float[] {1, -2, 3.140625f, Float.NEGATIVE_INFINITY},
                read.tensors().get("b").toFloatArray());
        assertEquals(Shape.of(2, 2), read.tensors().get("b").shape());
    }

    @Test
    void readsDataThatIsNotAligned() {
        Safetensors read = parse("{" + tensor("a", "F32", "[1]", 0, 4) + "} ", "0000803f");
        assertArrayEquals(new float[] {1}, read.tensors().get("a").toFloatArray());
    }

    static Stream<Arguments> malformed() {
        String a = tensor("a", "F32", "[1]", 0, 4);
        return Stream.of(
                Arguments.of(
                        "{" + tensor("a", "F8_E4M3", "[4]", 0, 4) + "}",
                        "tensor \"a\" has the type \"F8_E4M3\", which is none of [F32, F64, I32, I64, U8, F16, BF16]"),
                Arguments.of(
                        "{" + tensor("a\\n", "F32", "[1]", 0, 8) + "}",
                        "tensor \"a\\u000a\" of type F32 and shape [1] takes 4 bytes, but its offsets span 8"),
                Arguments.of(
                        "{" + tensor("a", "F32", "[2,-1]", 0, 4) + "}",
                        "tensor \"a\": shape [2, -1] has a negative size"),
                Arguments.of(
                        "{" + tensor("a", "U8", "[4294967296,4294967296]", 0, 4) + "}",
                        "tensor \"a\": shape [4294967296, 4294967296] has too many elements"),
                Arguments.of(
                        "{" + tensor("a", "U8", "[" + "1,".repeat(64) + "1]", 0, 4) + "}",
                        "tensor \"a\" has 65 dimensions, more than 64"),
                Arguments.of(
                        "{" + tensor("a", "F32", "[1]", 4, 0) + "}",
                        "header: field a.data_offsets should be a begin and an end"),
                Arguments.of(
                        "{" + tensor("a", "F32", "[1]", -4, 0) + "}",
                        "header: field a.data_offsets should be a begin and an end"),
                Arguments.of(
                        "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4,8]}}",
                        "header: field a.data_offsets should be a begin and an end"),
                Arguments.of(
                        "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4.0]}}",
                        "header: field a.data_offsets[1] should be an integer of 64 bits but is the number 4.0"),
                Arguments.of("{\"a\":{\"dtype\":\"F32\",\"shape\":[1]}}", "header: field a.data_offsets is missing"),
                Arguments.of(
                        "{\"a\":{\"dtype\":1,\"shape\":[1],\"data_offsets\":[0,4]}}",
                        "header: field a.dtype should be a string but is the number 1"),
                Arguments.of("{\"a\":null}", "header: field a should be an object but is null"),
                Arguments.of("{" + a + "," + a + "}", "header: has a second member \"a\" at 1:55"),
                Arguments.of(
                        "{" + tensor("b", "F32", "[1]", 4, 8) + "}",
                        "bytes 0 to 4 of the data, before tensor \"b\", belong to no tensor"),
                Arguments.of(
                        "{" + a + "," + tensor("b", "U8", "[3]", 3, 6) + "}",
                        "tensor \"b\" begins at byte 3 of the data, but tensor \"a\" before it ends at 4"),
                Arguments.of("{}", "has 4 bytes after the last tensor, which belong to none"),
                Arguments.of(
                        "{" + a + "," + tensor("b", "F32", "[9]", 4, 40) + "}",
                        "is cut: tensor \"b\" ends at byte 40 of the data, but only 4 bytes are there"),
                Arguments.of(
                        "{" + tensor("a", "U8", "[1152921504606846975]", 0, 1152921504606846975L) + "}",
                        "is cut: tensor \"a\" ends at byte 1152921504606846975 of the data,"
                                + " but only 4 bytes are there"),
                Arguments.of(
                        "{" + tensor("a", "F16", "[576460752303423488]", 0, 1152921504606846976L) + "}",
                        "is cut: tensor \"a\" ends at byte 1152921504606846976 of the data,"
                                + " but only 4 bytes are there"),
                Arguments.of(
                        "{\"__metadata__\":{\"n\":1}," + a + "}",
                        "header: field __metadata__.n should be a string but is the number 1"),
                Arguments.of(
                        "{\"__metadata__\":[]," + a + "}",
                        "header: field __metadata__ should be an object but is an array"),
                Arguments.of(" {" + a + "}", "has a header that does not start with '{'"),
                Arguments.of("", "has a header that does not start with '{'"),
                Arguments.of("{" + a + "} x", "header: should have the end but has 'x' at 1:56"));
    }

    @ParameterizedTest
    @MethodSource("malformed")
    void refuses(String header, String problem) {
        Expect.malformed("m: " + problem, () -> parse(header, "0000803f"));
    }

    @Test
    void refusesAHeaderLengthThatCannotBe() {
        Expect.malformed("m: is cut: has 7 bytes, fewer than the header's length takes", () -> parse(new byte[7]));
        Expect.malformed("m: is cut: has 2 bytes of its header's 3", () -> parse(bytes(3, "{}", "")));
        Expect.malformed(
                "m: has a header of 100000001 bytes, more than the format's limit of 100000000"
                        + " (is it a safetensors file?)",
                () -> parse(bytes(100_000_001, "{}", "")));
        Expect.malformed(
                "m: has a header of 18446744073709551615 bytes, more than the format's limit of 100000000"
                        + " (is it a safetensors file?)",
                () -> parse(bytes(-1, "{}", "")));
        Expect.malformed("m: is cut: has 2 bytes of its header's 100000000", () -> parse(bytes(100_000_000, "{}", "")));
    }

    @Test
    void refusesEveryCut() {
        for (int length = 0; length < REFERENCE.length; length++) {
            byte[] cut = Arrays.copyOf(REFERENCE, length);
            String message =
                    assertThrows(MalformedFileException.class, () -> parse(cut)).getMessage();
            assertTrue(message.startsWith("m: is cut: "), message);
        }
        Expect.malformed(
                "m: is cut: tensor \"w\" ends at byte 24 of the data, but only 20 bytes are there",
                () -> parse(Arrays.copyOf(REFERENCE, REFERENCE.length - 7)));
    }

    @Test
    void refusesWhatIsNotAFile() {
        Path missing = folder.resolve("none");
        NoSuchFileException e =
                assertThrows(NoSuchFileException.class, () -> Safetensors.read(missing, Arena.ofAuto()));
        assertEquals(missing.toString(), e.getMessage());
        FileSystemException directory =
                assertThrows(FileSystemException.class, () -> Safetensors.read(folder, Arena.ofAuto()));
        assertEquals(folder + ": is a directory, not a file", directory.getMessage());
    }

    @Test
    void writesNothingThatItWouldRefuse() {
        Path file = folder.resolve("m");
        Tensor tensor = Tensor.of(Shape.of(1), 1f);
        long[] ones = new long[65];
        Arrays.fill(ones, 1);
        for (Map<String, Tensor> tensors : List.of(
                Map.of("__metadata__", tensor), Map.of("\uD800", tensor), Map.of("x", Tensor.of(Shape.of(ones), 1f)))) {
            assertThrows(IllegalArgumentException.class, () -> Safetensors.write(file, tensors, Map.of()));
        }
        Expect.files(folder);
    }

    @Test
    void cannotBeChanged() {
        Safetensors read = parse(REFERENCE);
        assertThrows(UnsupportedOperationException.class, () -> read.tensors().clear());
        assertThrows(UnsupportedOperationException.class, () -> read.metadata().clear());
    }
}
