package dev.rondo.cli;

import java.util.Locale;

/// What the shipped model calls a byte of Java source, in the order of its scores, and how that looks.
///
/// Terminal colours are those of the 256 that stand out from black and from white alike.
enum TokenClass {
    WHITESPACE("", "", ""),
    COMMENT("3;38;5;244", "#6b7280", "#8b949e"),
    STRING("38;5;28", "#0a7d33", "#7ee787"),
    NUMBER("38;5;130", "#a04900", "#ffa657"),
    KEYWORD("1;38;5;134", "#8127c9", "#d2a8ff"),
    ANNOTATION("38;5;100", "#7d6b00", "#e3c55c"),
    TYPE("38;5;30", "#00737a", "#56d4dd"),
    METHOD("38;5;32", "#0b5fc4", "#79c0ff"),
    IDENTIFIER("", "#1f2328", "#e6edf3"),
    OPERATOR("38;5;131", "#a5424a", "#f0908c");

    private final String ansi;
    private final String light;
    private final String dark;

    TokenClass(String ansi, String light, String dark) {
        this.ansi = ansi;
        this.light = light;
        this.dark = dark;
    }

    /// Parameters of the terminal's escape sequence; empty for the terminal's own colour.
    String ansi() {
        return ansi;
    }

    /// Colour on a light page; empty where there is nothing to see.
    String light() {
        return light;
    }

    /// Colour on a dark page; empty where there is nothing to see.
    String dark() {
        return dark;
    }

    /// The class's name for people.
    String word() {
        return name().toLowerCase(Locale.ROOT);
    }
}
