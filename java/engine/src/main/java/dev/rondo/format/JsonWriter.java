package dev.rondo.format;

import java.nio.charset.StandardCharsets;
import java.util.Iterator;
import java.util.List;
import java.util.Map;

/// Writes one value as JSON text; [Json] tells how it looks.
final class JsonWriter {
    private final StringBuilder text = new StringBuilder();
    private final boolean pretty;
    private int depth;

    JsonWriter(boolean pretty) {
        this.pretty = pretty;
    }

    String write(Json value) {
        append(value);
        return text.toString();
    }

    private void append(Json value) {
        switch (value) {
            case Json.ObjectValue(Map<String, Json> members) -> object(members);
            case Json.ArrayValue(List<Json> elements) -> array(elements);
            case Json.StringValue(String string) -> string(string);
            case Json.IntegerValue(long number) -> text.append(number);
            case Json.RealValue(double number) -> text.append(number);
            case Json.BooleanValue(boolean bool) -> text.append(bool);
            case Json.NullValue() -> text.append("null");
        }
    }

    private void object(Map<String, Json> members) {
        text.append('{');
        depth++;
        for (Iterator<Map.Entry<String, Json>> entries = members.entrySet().iterator(); entries.hasNext(); ) {
            Map.Entry<String, Json> entry = entries.next();
            newLine();
            string(entry.getKey());
            text.append(pretty ? ": " : ":");
            append(entry.getValue());
            text.append(entries.hasNext() ? "," : "");
        }
        depth--;
        if (!members.isEmpty()) {
            newLine();
        }
        text.append('}');
    }

    private void array(List<Json> elements) {
        boolean plain = elements.stream().noneMatch(e -> e instanceof Json.ObjectValue || e instanceof Json.ArrayValue);
        text.append('[');
        depth++;
        for (Iterator<Json> values = elements.iterator(); values.hasNext(); ) {
            if (!plain) {
                newLine();
            }
            append(values.next());
            if (values.hasNext()) {
                text.append(plain && pretty ? ", " : ",");
            }
        }
        depth--;
        if (!plain) {
            newLine();
        }
        text.append(']');
    }

    private void newLine() {
        if (pretty) {
            text.append('\n').repeat("  ", depth);
        }
    }

    private void string(String value) {
        if (!StandardCharsets.UTF_8.newEncoder().canEncode(value)) {
            throw new IllegalArgumentException(
                    "the string " + MalformedFileException.quote(value) + " has a lone surrogate");
        }
        text.append('"');
        value.chars().forEach(c -> {
            switch (c) {
                case '"' -> text.append("\\\"");
                case '\\' -> text.append("\\\\");
                case '\n' -> text.append("\\n");
                case '\r' -> text.append("\\r");
                case '\t' -> text.append("\\t");
                default -> {
                    if (c < ' ') {
                        text.append(String.format("\\u%04x", c));
                    } else {
                        text.append((char) c);
                    }
                }
            }
        });
        text.append('"');
    }
}
