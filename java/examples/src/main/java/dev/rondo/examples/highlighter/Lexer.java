package dev.rondo.examples.highlighter;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/// Cuts Java source into tokens and comments. What lies between them is whitespace.
///
/// It takes any bytes and never fails; what is no Java becomes some token or other. Words and numbers are cut as
/// the Java Language Specification (chapter 3) has them. Of the operators of several characters only `->` and `::`
/// are kept together, so that `>>` can close two lists of type arguments.
final class Lexer {
    private static final int END = -1;

    private final byte[] source;
    private final List<Token> tokens = new ArrayList<>();

    private Lexer(byte[] source) {
        this.source = source;
    }

    /// All tokens and comments in their order.
    static List<Token> tokens(byte[] source) {
        Lexer lexer = new Lexer(source);
        int at = 0;
        while (at < source.length) {
            at = lexer.isBlank(at) ? at + 1 : lexer.token(at);
        }
        return lexer.tokens;
    }

    private int byteAt(int at) {
        return at < source.length ? source[at] & 0xff : END;
    }

    private int lowerCaseAt(int at) {
        return byteAt(at) | 0x20;
    }

    private boolean startsWith(String expected, int at) {
        for (int i = 0; i < expected.length(); i++) {
            if (byteAt(at + i) != expected.charAt(i)) {
                return false;
            }
        }
        return true;
    }

    private boolean isBlank(int at) {
        return " \t\n\r\f\u001a".indexOf(byteAt(at)) >= 0;
    }

    private boolean isLineEnd(int at) {
        return byteAt(at) == '\n' || byteAt(at) == '\r';
    }

    private boolean isDigit(int at) {
        int b = byteAt(at);
        return b >= '0' && b <= '9';
    }

    private boolean isAsciiWordPart(int at) {
        int b = byteAt(at);
        return b < 0x80 && b != END && (Character.isLetterOrDigit(b) || b == '_' || b == '$');
    }

    /// Letters that are not ASCII are taken for parts of words without a look at which they are.
    private boolean isWordPart(int at) {
        return isAsciiWordPart(at) || byteAt(at) >= 0x80 || isUnicodeEscape(at);
    }

    /// A backslash, one u, and four hexadecimal digits.
    private boolean isUnicodeEscape(int at) {
        if (!startsWith("\\u", at)) {
            return false;
        }
        for (int i = at + 2; i < at + 6; i++) {
            if (Character.digit(byteAt(i), 16) < 0) {
                return false;
            }
        }
        return true;
    }

    /// Adds the token or comment that begins here, and gives its end.
    private int token(int start) {
        Token.Kind kind;
        int end;
        if (startsWith("//", start)) {
            kind = Token.Kind.COMMENT;
            end = lineComment(start);
        } else if (startsWith("/*", start)) {
            kind = Token.Kind.COMMENT;
            end = blockComment(start);
        } else if (startsWith("\"\"\"", start)) {
            kind = Token.Kind.STRING;
            end = textBlock(start);
        } else if (byteAt(start) == '"' || byteAt(start) == '\'') {
            kind = Token.Kind.STRING;
            end = literal(start);
        } else if (isDigit(start) || byteAt(start) == '.' && isDigit(start + 1)) {
            kind = Token.Kind.NUMBER;
            end = number(start);
        } else if (isWordPart(start)) {
            kind = Token.Kind.WORD;
            end = word(start);
        } else {
            kind = Token.Kind.OPERATOR;
            end = startsWith("->", start) || startsWith("::", start) ? start + 2 : start + 1;
        }
        end = Math.min(end, source.length); // of a literal or comment that is never closed
        tokens.add(new Token(kind, start, end, new String(source, start, end - start, StandardCharsets.UTF_8)));
        return end;
    }

    private int lineComment(int start) {
        int at = start;
        while (at < source.length && !isLineEnd(at)) {
            at++;
        }
        return at;
    }

    private int blockComment(int start) {
        int at = start + 2;
        while (at < source.length && !startsWith("*/", at)) {
            at++;
        }
        return at + 2;
    }

    private int textBlock(int start) {
        int at = start + 3;
        while (at < source.length && !startsWith("\"\"\"", at)) {
            at += byteAt(at) == '\\' ? 2 : 1;
        }
        return at + 3;
    }

    /// A string or character literal ends with its quote, or where the line does.
    private int literal(int start) {
        int quote = byteAt(start);
        int at = start + 1;
        while (at < source.length && byteAt(at) != quote && !isLineEnd(at)) {
            at = literalCharacter(at);
        }
        return byteAt(at) == quote ? at + 1 : at;
    }

    /// Past one character of a literal, escaped or not. A backslash may itself be written as a Unicode escape.
    private int literalCharacter(int at) {
        if (byteAt(at) != '\\') {
            return at + 1;
        }
        boolean isEscapedBackslash = startsWith("\\u005", at) && lowerCaseAt(at + 5) == 'c';
        if (isEscapedBackslash) {
            return isUnicodeEscape(at + 6) ? at + 12 : at + 7;
        }
        return at + 2;
    }

    /// A sign inside a number comes after its exponent's letter.
    private int number(int start) {
        boolean isHexadecimal = byteAt(start) == '0' && lowerCaseAt(start + 1) == 'x';
        int exponent = isHexadecimal ? 'p' : 'e';
        int at = start;
        while (true) {
            if (lowerCaseAt(at) == exponent && (byteAt(at + 1) == '+' || byteAt(at + 1) == '-')) {
                at += 2;
            } else if (isAsciiWordPart(at) || byteAt(at) == '.') {
                at++;
            } else {
                return at;
            }
        }
    }

    private int word(int start) {
        int at = start;
        while (isWordPart(at)) {
            at += byteAt(at) == '\\' ? 6 : 1;
        }
        return at;
    }
}
