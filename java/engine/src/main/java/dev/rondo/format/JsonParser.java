package dev.rondo.format;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CoderResult;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// A recursive-descent parser of RFC 8259; [Json] tells what it accepts. One parser parses one text.
final class JsonParser {
    private static final int END = -1;

    private final String text;
    private final String file;
    private int position;
    private int depth;

    JsonParser(String text, String file) {
        this.text = text;
        this.file = file;
    }

    /// The text that the bytes encode.
    ///
    /// @throws MalformedFileException if they are not UTF-8
    static String decode(byte[] utf8, String file) {
        CharBuffer chars = CharBuffer.allocate(utf8.length);
        CoderResult result = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(utf8), chars, true);
        String text = chars.flip().toString();
        if (result.isError()) {
            throw new JsonParser(text, file).malformed("is not valid UTF-8", text.length());
        }
        return text;
    }

    /// The whole text's value.
    Json parse() {
        Json value = value();
        skipSpace();
        if (peek() != END) {
            throw unexpected("the end");
        }
        return value;
    }

    private Json value() {
        skipSpace();
        int c = peek();
        return switch (c) {
            case '{' -> object();
            case '[' -> array();
            case '"' -> new Json.StringValue(string());
            case 't' -> literal("true", new Json.BooleanValue(true));
            case 'f' -> literal("false", new Json.BooleanValue(false));
            case 'n' -> literal("null", new Json.NullValue());
            default -> {
                if (c != '-' && !isDigit(c)) {
                    throw unexpected("a value");
                }
                yield number();
            }
        };
    }

    private Json object() {
        enter();
        Map<String, Json> members = new LinkedHashMap<>();
        if (!nextIs('}')) {
            do {
                skipSpace();
                int start = position;
                if (peek() != '"') {
                    throw unexpected("a member name");
                }
                String name = string();
                if (!nextIs(':')) {
                    throw unexpected("':'");
                }
                if (members.containsKey(name)) {
                    throw malformed("has a second member " + MalformedFileException.quote(name), start);
                }
                members.put(name, value());
            } while (nextIs(','));
            if (!nextIs('}')) {
                throw unexpected("',' or '}'");
            }
        }
        depth--;
        return new Json.ObjectValue(members);
    }

    private Json array() {
        enter();
        List<Json> elements = new ArrayList<>();
        if (!nextIs(']')) {
            do {
                elements.add(value());
            } while (nextIs(','));
            if (!nextIs(']')) {
                throw unexpected("',' or ']'");
            }
        }
        depth--;
        return new Json.ArrayValue(elements);
    }

    private void enter() {
        if (++depth > Json.MAX_DEPTH) {
            throw malformed("is nested more than " + Json.MAX_DEPTH + " deep", position);
        }
        position++;
    }

    private Json literal(String word, Json value) {
        if (!text.startsWith(word, position)) {
            throw unexpected("a value");
        }
        position += word.length();
        return value;
    }

    private Json number() {
        int start = position;
        boolean integral = true;
        accept('-');
        if (!accept('0')) {
            digits();
        }
        if (accept('.')) {
            integral = false;
            digits();
        }
        if (accept('e') || accept('E')) {
            integral = false;
            if (!accept('+')) {
                accept('-');
            }
            digits();
        }
        String number = text.substring(start, position);
        if (integral) {
            try {
                return new Json.IntegerValue(Long.parseLong(number));
            } catch (NumberFormatException tooLarge) {
                // the nearest double has to do
            }
        }
        double value = Double.parseDouble(number);
        if (Double.isInfinite(value)) {
            throw malformed("has the number " + MalformedFileException.cut(number) + ", which is out of range", start);
        }
        return new Json.RealValue(value);
    }

    private void digits() {
        if (!isDigit(peek())) {
            throw unexpected("a digit");
        }
        while (isDigit(peek())) {
            position++;
        }
    }

    private String string() {
        int start = position++;
        StringBuilder decoded = new StringBuilder();
        boolean surrogates = false;
        while (!accept('"')) {
            int c = peek();
            if (c == END) {
                throw malformed("has a string without an end", start);
            }
            if (c < ' ') {
                throw malformed("has the control character " + name(c) + " within a string", position);
            }
            position++;
            char decodedChar = c == '\\' ? escape() : (char) c;
            surrogates |= Character.isSurrogate(decodedChar);
            decoded.append(decodedChar);
        }
        if (surrogates) {
            decoded.codePoints()
                    .filter(c -> c <= Character.MAX_VALUE && Character.isSurrogate((char) c))
                    .findFirst()
                    .ifPresent(c -> {
                        throw malformed("has the lone surrogate " + name(c) + " within a string", start);
                    });
        }
        return decoded.toString();
    }

    private char escape() {
        int start = position - 1;
        int c = peek();
        position++;
        return switch (c) {
            case '"', '\\', '/' -> (char) c;
            case 'b' -> '\b';
            case 'f' -> '\f';
            case 'n' -> '\n';
            case 'r' -> '\r';
            case 't' -> '\t';
            case 'u' -> {
                int value = 0;
                for (int i = 0; i < 4; i++) {
                    int digit = peek() > 'f' ? -1 : Character.digit(peek(), 16); // past 'f' are other scripts' digits
                    if (digit < 0) {
                        throw malformed("has an escape without four hexadecimal digits", start);
                    }
                    value = value << 4 | digit;
                    position++;
                }
                yield (char) value;
            }
            default -> throw malformed("has an unknown escape within a string", start);
        };
    }

    private int peek() {
        return position < text.length() ? text.charAt(position) : END;
    }

    private boolean accept(char c) {
        if (peek() != c) {
            return false;
        }
        position++;
        return true;
    }

    private boolean nextIs(char c) {
        skipSpace();
        return accept(c);
    }

    private void skipSpace() {
        while (position < text.length() && " \t\r\n".indexOf(text.charAt(position)) >= 0) {
            position++;
        }
    }

    private static boolean isDigit(int c) {
        return c >= '0' && c <= '9';
    }

    private static String name(int c) {
        return String.format("U+%04X", c);
    }

    private MalformedFileException unexpected(String wanted) {
        int c = position < text.length() ? text.codePointAt(position) : END;
        String found = c == END ? "the end" : c > ' ' && c < 0x7f ? "'" + (char) c + "'" : name(c);
        return malformed("should have " + wanted + " but has " + found, position);
    }

    private MalformedFileException malformed(String problem, int at) {
        String before = text.substring(0, at);
        int lineStart = before.lastIndexOf('\n') + 1;
        long line = before.chars().filter(c -> c == '\n').count() + 1;
        int column = before.codePointCount(lineStart, at) + 1;
        return new MalformedFileException(file, problem + " at " + line + ":" + column);
    }
}
