package dev.rondo.format;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rondo.tensor.DataType;
import dev.rondo.tensor.Shape;
import dev.rondo.tensor.Tensor;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class NpyTest {
    private static final Npy.Layout FORTRAN = new Npy.Layout(ByteOrder.LITTLE_ENDIAN, true);
    private static final Npy.Layout BIG = new Npy.Layout(ByteOrder.BIG_ENDIAN, false);
    private static final Npy.Layout FORTRAN_BIG = new Npy.Layout(ByteOrder.BIG_ENDIAN, true);

    @TempDir
    Path folder;

    /// A file of this version, with the header as it is and the data in hexadecimal.
    static byte[] bytes(int version, String header, String hexData) {
        byte[] dict = header.getBytes(StandardCharsets.ISO_8859_1);
        byte[] data = HexFormat.of().parseHex(hexData);
        int lengthSize = version == 1 ? 2 : 4;
        ByteBuffer bytes =
                ByteBuffer.allocate(8 + lengthSize + dict.length + data.length).order(ByteOrder.LITTLE_ENDIAN);
        bytes.put((byte) 0x93).put("NUMPY".getBytes()).put((byte) version).put((byte) 0);
        if (version == 1) {
            bytes.putShort((short) dict.length);
        } else {
            bytes.putInt(dict.length);
        }
        return bytes.put(dict).put(data).array();
    }

    /// A file as NumPy 2.4.6 writes it: the dict padded with spaces to 128 bytes in all.
    private static byte[] numpy(String dict, String hexData) {
        return bytes(1, dict + " ".repeat(117 - dict.length()) + "\n", hexData);
    }

    private static Tensor parse(byte[] bytes) {
        return Npy.parse(MemorySegment.ofArray(bytes), "a.npy", Arena.ofAuto());
    }

    private static Tensor parse(String header, String hexData) {
        return parse(bytes(1, header, hexData));
    }

    private static byte[] write(Tensor tensor, Npy.Layout layout) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        Npy.write(out, tensor, layout);
        return out.toByteArray();
    }

    private static Tensor tensor(DataType type, String littleEndianHex, long... sizes) {
        MemorySegment data = MemorySegment.ofArray(HexFormat.of().parseHex(littleEndianHex));
        return new Tensor(Shape.of(sizes), type, data);
    }

    static Stream<Arguments> references() {
        String ints = "000000000100000002000000030000000400000005000000";
        return Stream.of(
                Arguments.of(
                        numpy(
                                "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }",
                                "000000000000803f0000004000004040000080400000a040"),
                        Tensor.of(Shape.of(2, 3), 0f, 1f, 2f, 3f, 4f, 5f),
                        Npy.Layout.DEFAULT),
                Arguments.of(
                        numpy(
                                "{'descr': '>i4', 'fortran_order': True, 'shape': (2, 3), }",
                                "000000000000000300000001000000040000000200000005"),
                        tensor(DataType.I32, ints, 2, 3),
                        FORTRAN_BIG),
                Arguments.of(
                        numpy(
                                "{'descr': '<i4', 'fortran_order': True, 'shape': (2, 3), }",
                                "000000000300000001000000040000000200000005000000"),
                        tensor(DataType.I32, ints, 2, 3),
                        FORTRAN),
                Arguments.of(
                        numpy("{'descr': '>f8', 'fortran_order': False, 'shape': (1,), }", "3ff8000000000000"),
                        tensor(DataType.F64, "000000000000f83f", 1),
                        BIG),
                Arguments.of(
                        numpy("{'descr': '|u1', 'fortran_order': False, 'shape': (), }", "07"),
                        tensor(DataType.U8, "07"),
                        Npy.Layout.DEFAULT),
                Arguments.of(
                        numpy("{'descr': '<i8', 'fortran_order': False, 'shape': (0,), }", ""),
                        tensor(DataType.I64, "", 0),
                        Npy.Layout.DEFAULT),
                Arguments.of(
                        numpy("{'descr': '<f8', 'fortran_order': False, 'shape': (1234567890123, 0), }", ""),
                        tensor(DataType.F64, "", 1234567890123L, 0),
                        Npy.Layout.DEFAULT));
    }

    @ParameterizedTest
    @MethodSource("references")
    void readsWhatNumpyWrites(byte[] file, Tensor tensor, Npy.Layout layout) {
        Samples.assertSame(tensor, parse(file));
    }

    @ParameterizedTest
    @MethodSource("references")
    void writesWhatNumpyWrites(byte[] file, Tensor tensor, Npy.Layout layout) throws IOException {
        assertArrayEquals(file, write(tensor, layout));
    }

    /// NumPy 2.4.6 leaves 21 characters for the size of the dimension that grows: the last in Fortran order.
    @ParameterizedTest
    @CsvSource({"true, 128", "false, 192"})
    void leavesRoomAsNumpyDoes(boolean fortranOrder, int size) throws IOException {
        Tensor tensor = tensor(DataType.F32, "", 0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1234567890);
        byte[] file = write(tensor, new Npy.Layout(ByteOrder.LITTLE_ENDIAN, fortranOrder));
        assertEquals(size, file.length);
        Samples.assertSame(tensor, parse(file));
    }

    static Stream<Arguments> roundTrips() {
        return Samples.all()
                .flatMap(tensor -> Stream.of(Npy.Layout.DEFAULT, FORTRAN, BIG, FORTRAN_BIG)
                        .map(layout -> Arguments.of(tensor.type(), tensor.shape(), layout, tensor)));
    }

    @ParameterizedTest(name = "{0} {1} {2}")
    @MethodSource("roundTrips")
    void roundTrips(DataType type, Shape shape, Npy.Layout layout, Tensor tensor) throws IOException {
        Path file = folder.resolve("a.npy");
        Npy.write(file, tensor, layout);
        try (Arena arena = Arena.ofConfined()) {
            Tensor read = Npy.read(file, arena);
            Samples.assertSame(tensor, read);
        }
        Expect.files(folder, "a.npy");
    }

    @Test
    void mapsTheDefaultLayout() throws IOException {
        Path file = folder.resolve("a.npy");
        Npy.write(file, Tensor.of(Shape.of(2), 1f, 2f));
        try (Arena arena = Arena.ofConfined()) {
            assertTrue(Npy.read(file, arena).data().isMapped());
        }
    }

    @Test
    void transposesManyDimensions() throws IOException {
        Tensor tensor = Samples.random(Shape.of(2, 3, 1, 4, 2, 1, 3), DataType.F32);
        Tensor read = parse(write(tensor, FORTRAN));
        Samples.assertSame(tensor, read);
        ByteBuffer file = ByteBuffer.wrap(write(tensor, FORTRAN)).order(ByteOrder.LITTLE_ENDIAN);
        // element [1, 2, 0, 3, 1, 0, 2] is the last in either order, [1, 0, 0, 0, 0, 0, 0] the second in Fortran's
        ValueLayout.OfInt element = ValueLayout.JAVA_INT_UNALIGNED;
        assertEquals(tensor.data().getAtIndex(element, 143), file.getInt(128 + 4 * 143));
        assertEquals(tensor.data().getAtIndex(element, 72), file.getInt(128 + 4));
    }

    @ParameterizedTest
    @CsvSource({"<f4, F32, 0000803f", "=f4, F32, 0000803f", ">f4, F32, 3f800000", "=f8, F64, 000000000000f03f"})
    void readsByteOrders(String descr, DataType type, String data) {
        Tensor read = parse("{'descr': '" + descr + "', 'fortran_order': False, 'shape': (1,)}", data);
        assertEquals(type, read.type());
        assertArrayEquals(new double[] {1}, read.toDoubleArray());
    }

    @ParameterizedTest
    @CsvSource({"|u1, U8, 07", "<u1, U8, 07", ">u1, U8, 07", "=i4, I32, 07000000", ">i8, I64, 0000000000000007"})
    void readsIntegers(String descr, DataType type, String data) {
        Tensor read = parse("{'descr': '" + descr + "', 'fortran_order': True, 'shape': (1,)}", data);
        assertEquals(type, read.type());
        assertEquals(7, read.data().get(ValueLayout.JAVA_BYTE, 0));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "1 | {'descr':'<f4','fortran_order':False,'shape':(1,2)}",
                "2 | {'descr': '<f4', 'fortran_order': False, 'shape': (1, 2), }",
                "3 | {\"shape\": (1L, 2L,), \"fortran_order\": False, \"descr\": \"<f4\"}"
            })
    void readsAllVersionsAndSpellings(int version, String header) {
        Samples.assertSame(
                Tensor.of(Shape.of(1, 2), 1f, 2f), parse(bytes(version, header + "  \n", "0000803f00000040")));
    }

    static Stream<Arguments> malformed() {
        String start = "{'descr': '<f4', 'fortran_order': False, ";
        return Stream.of(
                Arguments.of(
                        start + "'shape': (3,), }",
                        "is cut: its F32 array of shape [3] takes 12 bytes, but 8 are there"),
                Arguments.of(start + "'shape': (), }", "has 4 bytes after the 4 of its F32 array of shape []"),
                Arguments.of(
                        start + "'shape': (1152921504606846975,), }",
                        "is cut: its F32 array of shape [1152921504606846975] takes 4611686018427387900 bytes,"
                                + " but 8 are there"),
                Arguments.of(
                        start + "'shape': (4294967296, 4294967296), }",
                        "shape [4294967296, 4294967296] has too many elements"),
                Arguments.of(
                        start + "'shape': (99999999999999999999,), }",
                        "header has the size 99999999999999999999, which is too large at character 72"),
                Arguments.of(start + "'shape': (-2,), }", "shape [-2] has a negative size"),
                Arguments.of(
                        start + "'shape': (" + "1,".repeat(65) + "), }",
                        "header has 65 dimensions, more than 64 at character 183"),
                Arguments.of(start + "'shape': (2), }", "header should have ',' but has ')' at character 53"),
                Arguments.of(start + "'shape': (1 2), }", "header should have ',' but has '2' at character 54"),
                Arguments.of(start + "'shape': (1, 2 3), }", "header should have ')' but has '3' at character 57"),
                Arguments.of(start + "'shape': (x,), }", "header should have a number but has 'x' at character 52"),
                Arguments.of(start + "'shape': 2, }", "header should have '(' but has '2' at character 51"),
                Arguments.of(start + "}", "header has no key \"shape\" at character 43"),
                Arguments.of(
                        start + "'shape': (2,), 'more': 1}", "header has the unknown key \"more\" at character 63"),
                Arguments.of(start + "'descr': '<f4'}", "header has the key \"descr\" twice at character 49"),
                Arguments.of(start + "'shape': (2,)} x", "header should have the end but has 'x' at character 57"),
                Arguments.of(start + "'shape': (2,)", "header should have '}' but has the end at character 55"),
                Arguments.of("{'descr': '<f4", "header has a string without an end at character 11"),
                Arguments.of("{'descr': <f4", "header should have a string but has '<' at character 11"),
                Arguments.of("{'des\\x63r': 1", "header has an escape in the string \"des\\x63r\" at character 2"),
                Arguments.of("{'fortran_order': 0}", "header should have True or False but has '0' at character 19"),
                Arguments.of("[1]", "header should have '{' but has '[' at character 1"),
                Arguments.of("", "header should have '{' but has the end at character 1"),
                Arguments.of(
                        "{'descr': [('x', '<f4'), ('y', '<i4')]}",
                        "has elements of a structured type, which is none here: [('x', '<f4'), ('y', '<i4')]}"),
                Arguments.of(
                        "{'descr': ('<f4', (2,))}",
                        "has elements of a structured type, which is none here: ('<f4', (2,))}"));
    }

    @ParameterizedTest
    @MethodSource("malformed")
    void refuses(String header, String problem) {
        Expect.malformed("a.npy: " + problem, () -> parse(header, "0000803f00000040"));
    }

    @ParameterizedTest
    @CsvSource({"|O", "<f2", "|b1", "<c8", "<U5", "|S3", "<M8[ns]", "|f4", "f4", "<u4", "''"})
    void refusesOtherTypes(String descr) {
        Expect.malformed(
                "a.npy: has elements of the type \"" + descr + "\", which is none of f4, f8, i4, i8 and u1",
                () -> parse("{'descr': '" + descr + "', 'fortran_order': False, 'shape': (2,), }", "00000000"));
    }

    @Test
    void refusesOtherFilesAndVersions() {
        Expect.malformed("a.npy: does not start as an .npy file does", () -> parse(new byte[0]));
        Expect.malformed("a.npy: does not start as an .npy file does", () -> parse(new byte[200]));
        Expect.malformed(
                "a.npy: has the format version 4.0, which is none of 1.0, 2.0 and 3.0",
                () -> parse(bytes(4, "{}  ", "")));
        byte[] minor = bytes(1, "{}  ", "");
        minor[7] = 1;
        Expect.malformed("a.npy: has the format version 1.1, which is none of 1.0, 2.0 and 3.0", () -> parse(minor));
        byte[] huge = bytes(2, "{}  ", "");
        Arrays.fill(huge, 8, 12, (byte) 0xff);
        Expect.malformed(
                "a.npy: has a header of 4294967295 bytes, more than an array of numbers needs", () -> parse(huge));
    }

    @Test
    void refusesEveryCut() throws IOException {
        byte[] file = write(Tensor.of(Shape.of(2), 1f, 2f), Npy.Layout.DEFAULT);
        for (int length = 6; length < file.length; length++) {
            byte[] cut = Arrays.copyOf(file, length);
            String expected = length < 128
                    ? "a.npy: is cut within its header"
                    : "a.npy: is cut: its F32 array of shape [2] takes 8 bytes, but " + (length - 128) + " are there";
            Expect.malformed(expected, () -> parse(cut));
        }
    }

    @Test
    void refusesWhatIsNotAFile() {
        Path missing = folder.resolve("none.npy");
        assertEquals(
                missing.toString(),
                assertThrows(NoSuchFileException.class, () -> Npy.read(missing, Arena.ofAuto()))
                        .getMessage());
    }

    @Test
    void namesTheFile() throws IOException {
        Path file = Files.writeString(folder.resolve("a.npy"), "hello, world");
        Expect.malformed(file + ": does not start as an .npy file does", () -> Npy.read(file, Arena.ofAuto()));
    }

    @Test
    void writesNoMoreDimensionsThanItReads() {
        long[] ones = new long[65];
        Arrays.fill(ones, 1);
        Tensor tensor = Tensor.of(Shape.of(ones), 1f);
        assertThrows(IllegalArgumentException.class, () -> Npy.write(folder.resolve("a"), tensor));
        Expect.files(folder);
    }

    @Test
    void defaultLayoutSharesMemory() throws IOException {
        MemorySegment bytes = MemorySegment.ofArray(write(Tensor.of(Shape.of(1), 1f), Npy.Layout.DEFAULT));
        Tensor read = Npy.parse(bytes, "a", Arena.ofAuto());
        assertSame(bytes.heapBase().orElseThrow(), read.data().heapBase().orElseThrow());
    }
}
