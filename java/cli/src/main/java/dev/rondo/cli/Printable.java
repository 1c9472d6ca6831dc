package dev.rondo.cli;

/// Text from files that must not steer the terminal.
final class Printable {
    private Printable() {}

    /// The text with its control characters, line separators, invisible formatting characters and lone
    /// surrogates as `\` `u` and four hexadecimal digits, as in the engine's messages.
    static String of(String text) {
        StringBuilder printable = new StringBuilder(text.length());
        text.codePoints().forEach(c -> {
            switch (Character.getType(c)) {
                case Character.CONTROL,
                        Character.FORMAT,
                        Character.SURROGATE,
                        Character.LINE_SEPARATOR,
                        Character.PARAGRAPH_SEPARATOR -> printable.append(String.format("\\u%04x", c));
                default -> printable.appendCodePoint(c);
            }
        });
        return printable.toString();
    }
}
