package dev.rondo.format;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rondo.tensor.DataType;
import dev.rondo.tensor.Shape;
import dev.rondo.tensor.Tensor;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class NpzTest {
    /// What `numpy.savez(f, w=float32 [0, 1, 2], b=int64 5)` of NumPy 2.4.6 writes.
    static final byte[] SAVEZ = HexFormat.of().parseHex("""
            504b03042d000000000000002100b68c8653ffffffffffffffff05001400772e6e7079010010008c000000000000008c0000000000
            0000934e554d5059010076007b276465736372273a20273c6634272c2027666f727472616e5f6f72646572273a2046616c73652c20
            277368617065273a2028332c292c207d20202020202020202020202020202020202020202020202020202020202020202020202020
            20202020202020202020202020202020202020202020200a000000000000803f00000040504b03042d0000000000000021005ebfd5
            2effffffffffffffff05001400622e6e70790100100088000000000000008800000000000000934e554d5059010076007b27646573
            6372273a20273c6938272c2027666f727472616e5f6f72646572273a2046616c73652c20277368617065273a2028292c207d202020
            2020202020202020202020202020202020202020202020202020202020202020202020202020202020202020202020202020202020
            2020202020200a0500000000000000504b01022d032d000000000000002100b68c86538c0000008c00000005000000000000000000
            0000800100000000772e6e7079504b01022d032d0000000000000021005ebfd52e8800000088000000050000000000000000000000
            8001c3000000622e6e7079504b0506000000000200020066000000820100000000""".replace("\n", ""));

    /// What `numpy.savez_compressed` writes of the same.
    static final byte[] SAVEZ_COMPRESSED = HexFormat.of().parseHex("""
            504b03042d000000080000002100b68c8653ffffffffffffffff05001400772e6e7079010010008c000000000000004b0000000000
            00009bec17ea1b10c9c850c650ad9e925a9c5ca46ea5a06e9366a2aea3a09e965f54529498179f5f94920a12774bcc294e058a1767
            2416a402f91ac63a9a3a0ab50a14002e063068b007120e00504b03042d0000000800000021005ebfd52effffffffffffffff050014
            00622e6e707901001000880000000000000046000000000000009bec17ea1b10c9c850c650ad9e925a9c5ca46ea5a06e9369a1aea3
            a09e965f54529498179f5f94920a12774bcc294e058a17672416a402f91a9a3a0ab50a14012e5606080000504b01022d032d000000
            080000002100b68c86534b0000008c000000050000000000000000000000800100000000772e6e7079504b01022d032d0000000800
            000021005ebfd52e4600000088000000050000000000000000000000800182000000622e6e7079504b050600000000020002006600
            0000ff0000000000""".replace("\n", ""));

    @TempDir
    Path folder;

    private Path file;

    @BeforeEach
    void nameFile() {
        file = folder.resolve("a.npz");
    }

    private static byte[] npy(Tensor tensor, Npy.Layout layout) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        Npy.write(out, tensor, layout);
        return out.toByteArray();
    }

    /// An archive of entries with these names and this content.
    private static byte[] zip(byte[] content, String... names) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (ZipOutputStream zip = new ZipOutputStream(out)) {
            for (String name : names) {
                zip.putNextEntry(new ZipEntry(name));
                zip.write(content);
            }
        }
        return out.toByteArray();
    }

    private static byte[] replace(byte[] bytes, String from, String to) {
        String text = new String(bytes, StandardCharsets.ISO_8859_1);
        assertTrue(text.contains(from));
        return text.replace(from, to).getBytes(StandardCharsets.ISO_8859_1);
    }

    /// Puts a little-endian number into the archive's directory entry number `index`, at this offset of it.
    private static void patchDirectory(byte[] zip, int index, int offset, long value) {
        String text = new String(zip, StandardCharsets.ISO_8859_1);
        int at = text.indexOf("PK\1\2");
        for (int i = 0; i < index; i++) {
            at = text.indexOf("PK\1\2", at + 1);
        }
        for (int i = 0; i < 4; i++) {
            zip[at + offset + i] = (byte) (value >> 8 * i);
        }
    }

    private void assertRefused(byte[] bytes, String problem) throws IOException {
        Files.write(file, bytes);
        try (Arena arena = new BoundedArena(1 << 20)) {
            Expect.malformed(file + ": " + problem, () -> Npz.read(file, arena));
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void readsWhatNumpyWrites(boolean compressed) throws IOException {
        Files.write(file, compressed ? SAVEZ_COMPRESSED : SAVEZ);
        try (Arena arena = Arena.ofConfined()) {
            Map<String, Tensor> read = Npz.read(file, arena);
            assertEquals(List.of("w", "b"), List.copyOf(read.keySet()));
            Samples.assertSame(Tensor.of(Shape.of(3), 0f, 1f, 2f), read.get("w"));
            Samples.assertSame(Tensor.of(Shape.of(), 5L), read.get("b"));
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void roundTripsAllTypesAndShapes(boolean compressed) throws IOException {
        Map<String, Tensor> tensors = new LinkedHashMap<>();
        Samples.all().forEach(t -> tensors.put("é日 " + t.type() + t.shape(), t));
        Npz.write(file, tensors, compressed);
        Expect.files(folder, "a.npz");
        try (Arena arena = Arena.ofConfined()) {
            Map<String, Tensor> read = Npz.read(file, arena);
            assertEquals(List.copyOf(tensors.keySet()), List.copyOf(read.keySet()));
            tensors.forEach((name, tensor) -> Samples.assertSame(tensor, read.get(name)));
        }
    }

    @Test
    void compresses() throws IOException {
        Map<String, Tensor> zeros = Map.of("a", Tensor.allocate(Arena.ofAuto(), Shape.of(1_000_000), DataType.F32));
        Npz.write(file, zeros, true);
        assertTrue(Files.size(file) < 10_000, () -> file.toFile().length() + " bytes");
        Samples.assertSame(zeros.get("a"), Npz.read(file, Arena.ofAuto()).get("a"));
        Npz.write(file, zeros, false);
        assertTrue(Files.size(file) > 4_000_000);
    }

    @Test
    void equalArraysMakeEqualFiles() throws IOException {
        Map<String, Tensor> tensors = Map.of("a", Samples.random(Shape.of(9), DataType.F32));
        Npz.write(file, tensors, true);
        byte[] first = Files.readAllBytes(file);
        Npz.write(file, tensors, true);
        assertArrayEquals(first, Files.readAllBytes(file));
        try (ZipFile zip = new ZipFile(file.toFile())) {
            assertEquals(
                    LocalDateTime.of(1980, 2, 1, 0, 0), zip.getEntry("a.npy").getTimeLocal());
        }
        assertTrue(first.length < 350, "no extra fields in " + first.length + " bytes");
    }

    @Test
    void readsOtherLayouts() throws IOException {
        Tensor tensor = Samples.random(Shape.of(300, 301), DataType.F64);
        Files.write(file, zip(npy(tensor, new Npy.Layout(ByteOrder.BIG_ENDIAN, true)), "a.npy"));
        Samples.assertSame(tensor, Npz.read(file, Arena.ofAuto()).get("a"));
    }

    @Test
    void namesAreOnlyNames() throws IOException {
        byte[] content = npy(Tensor.of(Shape.of(), 1f), Npy.Layout.DEFAULT);
        Files.write(file, zip(content, "../../a.npy", "/b.npy", "c", "d.npy.npy", ".npy"));
        Map<String, Tensor> read = Npz.read(file, Arena.ofAuto());
        assertEquals(List.of("../../a", "/b", "c", "d.npy", ""), List.copyOf(read.keySet()));
        Expect.files(folder, "a.npz");
    }

    @Test
    void readsNothing() throws IOException {
        Npz.write(file, Map.of(), true);
        assertEquals(Map.of(), Npz.read(file, Arena.ofAuto()));
    }

    @Test
    void refusesTwoArraysOfOneName() throws IOException {
        byte[] content = npy(Tensor.of(Shape.of(), 1f), Npy.Layout.DEFAULT);
        assertRefused(zip(content, "a.npy", "a"), "has two entries \"a\"");
        assertRefused(replace(zip(content, "a.npy", "b.npy"), "b.npy", "a.npy"), "has two entries \"a.npy\"");
    }

    @Test
    void refusesWhatIsNoArray() throws IOException {
        assertRefused(zip(new byte[0], "a/"), "entry \"a/\": does not start as an .npy file does");
        assertRefused(zip("hello".getBytes(), "b\n"), "entry \"b\\u000a\": does not start as an .npy file does");
    }

    @Test
    void refusesWhatIsNoArchive() throws IOException {
        assertRefused(new byte[0], "is not a sound zip archive: zip file is empty");
        assertRefused(new byte[100], "is not a sound zip archive: zip END header not found");
    }

    @Test
    void refusesSizesThatDisagree() throws IOException {
        Tensor tensor = Tensor.of(Shape.of(9), new float[9]);
        byte[] content = npy(tensor, Npy.Layout.DEFAULT);
        byte[] more = replace(content, "(9,)", "(8,)");
        assertRefused(zip(more, "a.npy"), "entry \"a.npy\": has 4 bytes after the 32 of its F32 array of shape [8]");
        byte[] less = replace(content, "(9,), }          ", "(1000000000,), } ");
        assertRefused(
                zip(less, "a.npy"),
                "entry \"a.npy\": is cut: its F32 array of shape [1000000000] takes 4000000000 bytes,"
                        + " but 36 are there");
    }

    /// The array's header and the directory agree, but the packed bytes hold more or fewer.
    @Test
    void refusesToUnpackOtherThanItSays() throws IOException {
        byte[] content = npy(Tensor.of(Shape.of(99), new float[99]), Npy.Layout.DEFAULT);
        byte[] bomb = zip(replace(content, "(99,)", "(9,) "), "a.npy");
        patchDirectory(bomb, 0, 24, 128 + 36);
        assertRefused(bomb, "entry \"a.npy\": unpacks to more bytes than the archive says");
        byte[] less = zip(replace(content, "(99,), ", "(999,),"), "a.npy");
        patchDirectory(less, 0, 24, 128 + 4 * 999);
        assertRefused(less, "entry \"a.npy\": unpacks to fewer bytes than the archive says");
    }

    @Test
    void refusesSizesThatDeflateCannotReach() throws IOException {
        byte[] content = npy(Tensor.of(Shape.of(1), 0f), Npy.Layout.DEFAULT);
        byte[] claim = zip(replace(content, "(1,), }         ", "(999999999,), } "), "a.npy");
        patchDirectory(claim, 0, 24, 128 + 4 * 999999999L);
        int packed = claim.length - 30 - 5 - 16 - 46 - 5 - 22; // less the archive's own records
        assertRefused(
                claim,
                "has the entry \"a.npy\" of 4000000124 bytes, more than its " + packed + " packed bytes can hold");
    }

    @Test
    void refusesEntriesThatShareTheirBytes() throws IOException {
        byte[] random = npy(Samples.random(Shape.of(1000), DataType.F32), Npy.Layout.DEFAULT);
        byte[] other = npy(Tensor.of(Shape.of(), 0f), Npy.Layout.DEFAULT);
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (ZipOutputStream zip = new ZipOutputStream(out)) {
            zip.putNextEntry(new ZipEntry("a.npy"));
            zip.write(random);
            zip.putNextEntry(new ZipEntry("b.npy"));
            zip.write(other);
        }
        byte[] shared = out.toByteArray();
        patchDirectory(shared, 1, 20, 4100);
        patchDirectory(shared, 1, 24, 4128);
        patchDirectory(shared, 1, 42, 0); // where the first one is
        assertRefused(shared, "is not long enough for the 4100 bytes of its entry \"b.npy\"");
    }

    @Test
    void refusesAWrongChecksum() throws IOException {
        byte[] stored = SAVEZ.clone();
        stored[stored.length - 22 - 2 * 51 - 1] ^= 1; // the last byte of the last array
        assertRefused(stored, "entry \"b.npy\": has another checksum than the archive says");
    }

    @Test
    void refusesBrokenDeflate() throws IOException {
        byte[] broken = SAVEZ_COMPRESSED.clone();
        broken[55] = (byte) 0xff;
        assertRefused(broken, "entry \"w.npy\": cannot be unpacked: invalid block type");
    }

    @Test
    void refusesWhatIsNotAFile() {
        Path missing = folder.resolve("none.npz");
        assertEquals(
                missing.toString(),
                assertThrows(NoSuchFileException.class, () -> Npz.read(missing, Arena.ofAuto()))
                        .getMessage());
    }

    @Test
    void writesNoNamesThatItCannotKeep() {
        Tensor tensor = Tensor.of(Shape.of(), 1f);
        for (String name : List.of("\uD800", "x".repeat(70_000))) {
            assertThrows(IllegalArgumentException.class, () -> Npz.write(file, Map.of(name, tensor), true));
        }
        Expect.files(folder);
    }
}
