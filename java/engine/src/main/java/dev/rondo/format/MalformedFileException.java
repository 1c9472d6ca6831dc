package dev.rondo.format;

import java.util.Objects;

/// A file's content breaks the rules of its format, or asks for a feature of the format that the engine does not have.
///
/// The message is one line, `file: problem`, that names the tensor or field at fault and says what is wrong. Control
/// characters, line separators, invisible formatting characters and lone surrogates, which a hostile file could bring
/// in through its names, are shown as `\` `u` and four hexadecimal digits. A file that cannot be read at all (missing,
/// no permission, a failing disk) is an [java.io.IOException] instead.
public final class MalformedFileException extends RuntimeException {
    private static final long serialVersionUID = 1;

    private static final int LONGEST_NAME = 100;

    /// An exception with the message `file: problem`.
    public MalformedFileException(String file, String problem) {
        this(file, problem, null);
    }

    /// An exception with the message `file: problem`.
    ///
    /// @param cause what was caught, or null
    public MalformedFileException(String file, String problem, Throwable cause) {
        super(oneLine(Objects.requireNonNull(file, "file") + ": " + Objects.requireNonNull(problem, "problem")), cause);
    }

    /// A name found in a file, as messages show it: in double quotes, in one line, and cut to 100 characters.
    public static String quote(String name) {
        return '"' + oneLine(cut(name)) + '"';
    }

    /// Text found in a file, cut to 100 characters.
    static String cut(String text) {
        if (text.length() <= LONGEST_NAME) {
            return text;
        }
        int end = Character.isHighSurrogate(text.charAt(LONGEST_NAME - 1)) ? LONGEST_NAME - 1 : LONGEST_NAME;
        return text.substring(0, end) + "...";
    }

    private static String oneLine(String text) {
        StringBuilder line = new StringBuilder(text.length());
        text.codePoints().forEach(c -> {
            switch (Character.getType(c)) {
                case Character.CONTROL,
                        Character.FORMAT,
                        Character.SURROGATE,
                        Character.LINE_SEPARATOR,
                        Character.PARAGRAPH_SEPARATOR -> line.append(String.format("\\u%04x", c));
                default -> line.appendCodePoint(c);
            }
        });
        return line.toString();
    }
}
