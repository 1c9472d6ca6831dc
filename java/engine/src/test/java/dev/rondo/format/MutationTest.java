package dev.rondo.format;

import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import dev.rondo.tensor.DataType;
import dev.rondo.tensor.Shape;
import dev.rondo.tensor.Tensor;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// Files damaged at random are either read or refused with a [MalformedFileException]: nothing else is thrown, nothing
/// hangs, and no more memory is asked for than the file's size warrants.
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class MutationTest {
    private static final int MUTATIONS = 2_000;
    private static final byte[] TELLING =
            "0129-[]{}(),:'\"<>=|\\ \n\u0000\u007f\u0080\u00ff".getBytes(StandardCharsets.ISO_8859_1);

    @TempDir
    Path folder;

    @FunctionalInterface
    private interface Reader {
        /// Reads the bytes, and returns the tensors.
        Iterable<Tensor> read(byte[] bytes, Arena arena) throws IOException;
    }

    @Test
    void json() {
        byte[] config = """
                {"é日": [1, -2.5e3, true, false, null], "s": \
                "a\\"\\\\\\u00e9\\ud83d\\ude00", "o": {"": {}, "a": [[]]}}""".getBytes(StandardCharsets.UTF_8);
        damage(List.of(config), 0, (bytes, arena) -> {
            Json value = Json.parse(bytes, "f");
            assertTrue(Json.parse(value.compact(), "f").equals(value), "reads what it writes");
            return List.of();
        });
    }

    @Test
    void safetensors() throws IOException {
        Path file = folder.resolve("m");
        Safetensors.write(
                file,
                Map.of(
                        "é",
                        Samples.random(Shape.of(), DataType.F64),
                        "b",
                        Samples.random(Shape.of(2, 3), DataType.I32)),
                Map.of());
        String half = "{\"h\":{\"dtype\":\"F16\",\"shape\":[2,3],\"data_offsets\":[0,12]},"
                + "\"b\":{\"dtype\":\"BF16\",\"shape\":[2],\"data_offsets\":[12,16]}}";
        List<byte[]> files = List.of(
                SafetensorsTest.REFERENCE,
                Files.readAllBytes(file),
                SafetensorsTest.bytes(half.length(), half, "00".repeat(16)));
        damage(
                files,
                2,
                (bytes, arena) -> Safetensors.parse(MemorySegment.ofArray(bytes), "f", arena)
                        .tensors()
                        .values());
    }

    @Test
    void npy() throws IOException {
        Tensor tensor = Samples.random(Shape.of(3, 4), DataType.F32);
        List<byte[]> files = List.of(
                npy(tensor, Npy.Layout.DEFAULT),
                npy(tensor, new Npy.Layout(ByteOrder.BIG_ENDIAN, true)),
                NpyTest.bytes(2, "{'descr': '>i8', 'fortran_order': True, 'shape': (1, 2)}", "00".repeat(16)));
        damage(files, 1, (bytes, arena) -> List.of(Npy.parse(MemorySegment.ofArray(bytes), "f", arena)));
    }

    @Test
    void npz() throws IOException {
        Path file = folder.resolve("a.npz");
        Npz.write(file, Map.of("../é", Samples.random(Shape.of(9), DataType.U8)), true);
        List<byte[]> files = List.of(NpzTest.SAVEZ, NpzTest.SAVEZ_COMPRESSED, Files.readAllBytes(file));
        damage(
                files,
                1032,
                (bytes, arena) -> Npz.read(Files.write(file, bytes), arena).values());
    }

    private static byte[] npy(Tensor tensor, Npy.Layout layout) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        Npy.write(out, tensor, layout);
        return out.toByteArray();
    }

    /// Reads damaged copies of the files, allowing allocations of `bound` times a file's size.
    private static void damage(List<byte[]> files, long bound, Reader reader) {
        int refused = 0;
        for (int seed = 0; seed < MUTATIONS; seed++) {
            Random random = new Random(seed);
            byte[] bytes = files.get(random.nextInt(files.size())).clone();
            for (int i = random.nextInt(6); i >= 0; i--) {
                bytes = mutate(bytes, random);
            }
            try (Arena arena = new BoundedArena(bytes.length * bound)) {
                for (Tensor tensor : reader.read(bytes, arena)) {
                    tensor.data().toArray(ValueLayout.JAVA_BYTE);
                }
            } catch (MalformedFileException e) {
                refused++;
                assertTrue(e.getMessage().lines().count() == 1, "seed " + seed + ": " + e.getMessage());
            } catch (Throwable e) {
                fail("seed " + seed + ": " + e, e);
            }
        }
        assertTrue(refused > MUTATIONS / 10 && refused < MUTATIONS, refused + " refused of " + MUTATIONS);
    }

    private static byte[] mutate(byte[] bytes, Random random) {
        if (bytes.length == 0) {
            return new byte[] {(byte) random.nextInt()};
        }
        int at = random.nextInt(bytes.length);
        int length = Math.min(1 + random.nextInt(8), bytes.length - at);
        byte[] result = bytes.clone();
        switch (random.nextInt(8)) {
            case 0 -> result[at] ^= (byte) (1 << random.nextInt(8));
            case 1 -> result[at] = (byte) random.nextInt();
            case 2 -> result[at] = TELLING[random.nextInt(TELLING.length)];
            case 3 -> Arrays.fill(result, at, at + length, (byte) (random.nextBoolean() ? 0xff : 0));
            case 4 -> result = Arrays.copyOf(result, at); // cut
            case 5 -> result = splice(bytes, at, at + length, new byte[0]);
            case 6 -> result = splice(bytes, at, at, Arrays.copyOfRange(bytes, at, at + length)); // twice
            default -> {
                byte[] digits = Integer.toString(random.nextInt(100_000)).getBytes(StandardCharsets.ISO_8859_1);
                result = splice(bytes, at, at + (random.nextBoolean() ? length : 0), digits);
            }
        }
        return result;
    }

    private static byte[] splice(byte[] bytes, int from, int to, byte[] replacement) {
        byte[] result = Arrays.copyOf(bytes, from + replacement.length + bytes.length - to);
        System.arraycopy(replacement, 0, result, from, replacement.length);
        System.arraycopy(bytes, to, result, from + replacement.length, bytes.length - to);
        return result;
    }
}
