package dev.rondo.format;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class JsonFieldTest {
    private static final String TEXT = """
            {"name": "gru", "layers": [{"size": 9, "rate": 0.5}, {"size": "x\\n"}], "on": true, "none": null,
             "big": 5000000000, "sizes": [1, 2, 3], "mixed": [1, 2.0], "odd name": {"é.": []}}""";

    private final JsonField root = JsonField.of(Json.parse(TEXT, "c.json"), "c.json");

    @Test
    void givesValues() {
        assertEquals("gru", root.get("name").asString());
        JsonField first = root.get("layers").elements().getFirst();
        assertEquals(9, first.get("size").asInt());
        assertEquals(9.0, first.get("size").asDouble());
        assertEquals(0.5, first.get("rate").asDouble());
        assertTrue(root.get("on").asBoolean());
        assertEquals(5_000_000_000L, root.get("big").asLong());
        assertArrayEquals(new long[] {1, 2, 3}, root.get("sizes").asLongs());
        assertTrue(root.get("none").isNull());
        assertFalse(root.get("on").isNull());
        assertTrue(root.find("none").isPresent());
        assertTrue(root.find("nothing").isEmpty());
        assertEquals(
                List.of("name", "layers", "on", "none", "big", "sizes", "mixed", "odd name"),
                List.copyOf(root.members().keySet()));
        assertEquals("{\"é.\":[]}", root.get("odd name").value().compact());
    }

    @Test
    void namesTheFieldAtFault() {
        JsonField second = root.get("layers").elements().get(1);
        Expect.malformed(
                "c.json: field layers[1].size should be an integer of 32 bits but is the string \"x\\u000a\"",
                () -> second.get("size").asInt());
        Expect.malformed("c.json: field layers[1].rate is missing", () -> second.get("rate"));
        Expect.malformed("c.json: field nothing is missing", () -> root.get("nothing"));
        Expect.malformed(
                "c.json: field big should be an integer of 32 bits but is the number 5000000000",
                () -> root.get("big").asInt());
        Expect.malformed(
                "c.json: field mixed[1] should be an integer of 64 bits but is the number 2.0",
                () -> root.get("mixed").asLongs());
        Expect.malformed(
                "c.json: field name should be true or false but is the string \"gru\"",
                () -> root.get("name").asBoolean());
        Expect.malformed(
                "c.json: field on should be a number but is true",
                () -> root.get("on").asDouble());
        Expect.malformed(
                "c.json: field none should be a string but is null",
                () -> root.get("none").asString());
        Expect.malformed(
                "c.json: field layers should be an object but is an array",
                () -> root.get("layers").members());
        Expect.malformed(
                "c.json: field odd_name is missing", () -> root.get("odd_name").elements());
        Expect.malformed(
                "c.json: field [\"odd name\"] should be an array but is an object",
                () -> root.get("odd name").elements());
        Expect.malformed(
                "c.json: field [\"odd name\"][\"é.\"] should be an object but is an array",
                () -> root.get("odd name").get("é.").get("x"));
        Expect.malformed("c.json: should be an array but is an object", root::elements);
        Expect.malformed("c.json: field layers[0].size is too small", () -> {
            throw root.get("layers").elements().getFirst().get("size").malformed("is too small");
        });
    }

    @Test
    void cutsHostileNames() {
        String name = "n".repeat(1000);
        JsonField hostile = JsonField.of(Json.parse("{\"" + name + "\":1}", "c.json"), "c.json");
        Expect.malformed(
                "c.json: field [\"" + "n".repeat(100) + "...\"] should be an array but is the number 1",
                () -> hostile.get(name).elements());
    }

    @Test
    void readsFiles(@TempDir Path folder) throws Exception {
        Path file = Files.writeString(folder.resolve("c.json"), "{\"a\": 1}");
        JsonField field = JsonField.read(file);
        assertEquals(1, field.get("a").asLong());
        Expect.malformed(file + ": field b is missing", () -> field.get("b"));
    }
}
