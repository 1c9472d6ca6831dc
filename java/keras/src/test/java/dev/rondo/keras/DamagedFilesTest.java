package dev.rondo.keras;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import dev.rondo.format.MalformedFileException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.Random;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Files that are cut, altered or hostile are read or refused in words, and nothing else happens.
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class DamagedFilesTest {
    private static final int MUTATIONS = 200;

    @TempDir
    private Path folder;

    private Path file(byte[] bytes) throws IOException {
        return Files.write(folder.resolve("model.keras"), bytes);
    }

    private String refusal(byte[] bytes) throws IOException {
        Path file = file(bytes);
        MalformedFileException e = assertThrows(MalformedFileException.class, () -> KerasModel.read(file));
        assertTrue(e.getMessage().startsWith(file.toString()), e.getMessage());
        return e.getMessage();
    }

    private static void assertContains(String part, String text) {
        assertTrue(text.contains(part), text);
    }

    private static byte[] damaged(byte[] bytes, Random random) {
        byte[] damaged = bytes.clone();
        int changes = 1 + random.nextInt(3);
        for (int k = 0; k < changes; k++) {
            damaged[random.nextInt(damaged.length)] = (byte) random.nextInt(256);
        }
        return random.nextInt(8) == 0 ? Arrays.copyOf(damaged, random.nextInt(damaged.length)) : damaged;
    }

    private void readOrRefuse(byte[] bytes, String what) throws IOException {
        try {
            assertTrue(KerasModel.read(file(bytes)).parameterCount() >= 0);
        } catch (MalformedFileException e) {
            assertTrue(e.getMessage().contains("model.keras"), e.getMessage());
        } catch (RuntimeException | StackOverflowError e) {
            fail(what, e);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"tagger", "stateful"})
    void mutationsOfArchivesAreReadOrRefused(String name) throws IOException {
        byte[] bytes = Files.readAllBytes(Saved.file(name + ".keras"));
        long seed = name.hashCode();
        Random random = new Random(seed);
        for (int i = 0; i < MUTATIONS; i++) {
            readOrRefuse(damaged(bytes, random), name + ", seed " + seed + ", mutation " + i);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "tagger, config.json",
        "translator, config.json",
        "stateful, model.weights.h5",
        "tagger, model.weights.h5"
    })
    void mutationsOfMembersAreReadOrRefused(String name, String member) throws IOException {
        Map<String, byte[]> members = Saved.members(name);
        byte[] bytes = members.get(member);
        long seed = name.hashCode();
        Random random = new Random(seed);
        for (int i = 0; i < MUTATIONS; i++) {
            members.put(member, damaged(bytes, random));
            readOrRefuse(Saved.archive(members), name + "!" + member + ", seed " + seed + ", mutation " + i);
        }
    }

    /// HDF5's structures lie in few of a file's bytes: those between the tensors.
    @Test
    void mutationsOfHdf5StructuresAreReadOrRefused() throws IOException {
        Map<String, byte[]> members = Saved.members("stateful");
        byte[] bytes = members.get(Saved.WEIGHTS);
        byte[][] signatures = {
            "TREE".getBytes(StandardCharsets.US_ASCII),
            "SNOD".getBytes(StandardCharsets.US_ASCII),
            "HEAP".getBytes(StandardCharsets.US_ASCII)
        };
        Random random = new Random(5);
        int count = 0;
        for (int at = 0; at < bytes.length - 4; at++) {
            int position = at;
            boolean found = Arrays.stream(signatures)
                    .anyMatch(s -> Arrays.equals(s, Arrays.copyOfRange(bytes, position, position + s.length)));
            for (int k = 0; found && k < 4; k++) {
                byte[] damaged = bytes.clone();
                int end = Math.min(bytes.length, at + 48);
                damaged[at + 4 + random.nextInt(end - at - 4)] = (byte) random.nextInt(256);
                members.put(Saved.WEIGHTS, damaged);
                readOrRefuse(Saved.archive(members), "seed 5, structure at " + at + ", " + k);
                count++;
            }
        }
        assertTrue(count > 200, count + " mutations");
    }

    @Test
    void emptyAndMissingFilesAreRefused() throws IOException {
        assertContains("no sound zip archive", refusal(new byte[0]));
        assertThrows(NoSuchFileException.class, () -> KerasModel.read(folder.resolve("none.keras")));
        assertThrows(IOException.class, () -> KerasModel.read(folder));
        Map<String, byte[]> members = Saved.members("tagger");
        members.remove(Saved.WEIGHTS);
        assertContains("has no model.weights.h5", refusal(Saved.archive(members)));
    }

    @Test
    void filesOfOtherVersionsAreRefused() throws IOException {
        Map<String, byte[]> members = Saved.members("tagger");
        members.put("metadata.json", "{\"keras_version\": \"2.15.0\"}".getBytes(StandardCharsets.UTF_8));
        assertContains("is of Keras \"2.15.0\"", refusal(Saved.archive(members)));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "\"class_name\": \"GRU\" | \"class_name\": \"Gru\" | layer \"gru\" (Gru) is of a class",
                "\"reset_after\": true | \"reset_afters\": true | layer \"gru\" (GRU) has the attribute \"reset_afters\"",
                "\"activation\": \"softmax\" | \"activation\": \"hardmax\" | (Dense) has the activation \"hardmax\"",
                "\"recurrent_activation\": \"sigmoid\" | \"recurrent_activation\": \"softmax\" | no function of single",
                "\"name\": \"float32\" | \"name\": \"int8_from_float32\" | computes in \"int8_from_float32\"",
                "\"units\": 6 | \"units\": 7 | weight \"layers/gru/cell/vars/0\" is of shape [10, 18] where [any, 21]",
                "\"units\": 6 | \"units\": 0 | layer \"gru\" (GRU) has units 0",
                "\"input_dim\": 20 | \"input_dim\": 21 | weight \"layers/embedding/vars/0\" is of shape [20, 6]",
                "\"use_bias\": true | \"use_bias\": false | belongs to no layer",
                "\"quantization_config\": null | \"quantization_config\": {} | \"quantization_config\"",
                "\"merge_mode\": \"concat\" | \"merge_mode\": \"max\" | (Bidirectional) has an unknown merge_mode",
                "\"epsilon\": 0.001 | \"epsilon\": \"small\" | epsilon should be a number",
                "\"axis\": [ | \"axis\": [1, | normalizes over more than the last dimension",
            })
    void namesWhatItDoesNotKnow(String from, String to, String problem) throws IOException {
        assertContains(problem, refusal(Saved.withConfig("tagger", config -> config.replace(from, to))));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "[\"decoder\", 1, 1] | [\"decoder\", 7, 1] | which nothing gives",
                "[\"bidirectional\", 0, 0] | [\"nobody\", 0, 0] | reads call 0 of \"nobody\", which nothing gives",
                "\"training\": false | \"training\": true | is called as in training",
                "\"class_name\": \"Masking\" | \"class_name\": \"Mask\" | layer \"masking\" (Mask) is of a class that Rondo does not know",
                "\"class_name\": \"NotEqual\" | \"class_name\": \"Equal\" | layer \"not_equal\" (Equal) is a class of its author",
                "\"class_name\": \"GlobalAveragePooling1D\" | \"class_name\": \"GlobalMaxPooling2D\" | (GlobalMaxPooling2D) is",
                "\"initial_state\" | \"first_state\" | is called with \"first_state\"",
                "\"registered_name\": \"Functional\" | \"registered_name\": \"my>Net\" | class of its author's own",
                "\"dtype\": \"bool\", \"sparse\" | \"dtype\": \"string\", \"sparse\" | is of type \"string\"",
            })
    void namesWhatIsWrongWithAGraph(String from, String to, String problem) throws IOException {
        assertContains(problem, refusal(Saved.withConfig("translator", config -> config.replace(from, to))));
    }

    @Test
    void missingWeightsAreNamed() throws IOException {
        byte[] bytes = Saved.withConfig(
                "stateful", config -> config.replace("\"reset_after\": true", "\"reset_after\": false"));
        assertContains("vars/2\" is of shape [2, 9] where [9] is needed", refusal(bytes));
        Map<String, byte[]> members = Saved.members("tagger");
        members.put(Saved.WEIGHTS, Saved.members("stateful").get(Saved.WEIGHTS));
        assertContains("weight \"layers/embedding/vars/0\" is missing", refusal(Saved.archive(members)));
    }

    @Test
    void archivesThatUnpackToFarMoreAreRefused() throws IOException {
        Map<String, byte[]> members = Saved.members("tagger");
        members.put(Saved.WEIGHTS, new byte[50 << 20]);
        assertContains("no honest archive", refusal(Saved.archive(members)));
    }

    @Test
    void damagedMembersAreNoticed() throws IOException {
        Map<String, byte[]> members = Saved.members("tagger");
        Path file = folder.resolve("model.keras");
        try (ZipOutputStream zip = new ZipOutputStream(Files.newOutputStream(file))) {
            zip.setMethod(ZipOutputStream.STORED);
            for (var member : members.entrySet()) {
                CRC32 sum = new CRC32();
                sum.update(member.getValue());
                ZipEntry entry = new ZipEntry(member.getKey());
                entry.setSize(member.getValue().length);
                entry.setCrc(sum.getValue());
                zip.putNextEntry(entry);
                zip.write(member.getValue());
            }
        }
        byte[] bytes = Files.readAllBytes(file);
        assertEquals("tagger", KerasModel.read(file).name());
        bytes[bytes.length / 2]++;
        assertContains("is damaged: its checksum", refusal(bytes));
    }
}
