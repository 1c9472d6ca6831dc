package dev.rondo.text;

import dev.rondo.format.Json;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Map;

/// Each byte of the text's UTF-8 form is an id: 3 and its value. There is nothing to learn, and nothing unknown.
public final class Bytes implements Tokenizer {
    private static final int BYTES = 256;
    private static final byte[] REPLACEMENT = "\uFFFD".getBytes(StandardCharsets.UTF_8);

    /// The only one there is.
    public Bytes() {}

    @Override
    public int size() {
        return SPECIALS + BYTES;
    }

    @Override
    public long[] encode(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        long[] ids = new long[bytes.length];
        for (int i = 0; i < bytes.length; i++) {
            ids[i] = SPECIALS + (bytes[i] & 0xFF);
        }
        return ids;
    }

    /// Bytes that are no UTF-8 give �.
    @Override
    public String decode(long[] ids) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        for (long id : ids) {
            require(id);
            if (id >= SPECIALS) {
                bytes.write((int) id - SPECIALS);
            } else if (id == UNKNOWN) {
                bytes.writeBytes(REPLACEMENT);
            }
        }
        return bytes.toString(StandardCharsets.UTF_8);
    }

    private void require(long id) {
        if (id < 0 || id >= size()) {
            throw new IllegalArgumentException("id " + id + " is none of " + size());
        }
    }

    @Override
    public String label(long id) {
        require(id);
        if (id < SPECIALS) {
            return id == START ? "<s>" : id == END ? "</s>" : "\uFFFD";
        }
        int value = (int) id - SPECIALS;
        return value > ' ' && value < 0x7F ? Character.toString(value) : String.format(Locale.ROOT, "%02x", value);
    }

    @Override
    public Json.ObjectValue toJson() {
        return Tokenizer.json("bytes", Map.of());
    }
}
