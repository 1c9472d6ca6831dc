package dev.rondo.examples.highlighter;

import java.util.Set;

/// A token of Java source, or a comment.
///
/// @param start first byte
/// @param end   byte after the last
/// @param text  the bytes as UTF-8
record Token(Kind kind, int start, int end, String text) {
    enum Kind {
        COMMENT,
        STRING,
        NUMBER,
        WORD,
        OPERATOR,
        NONE
    }

    /// Stands before the first token and after the last.
    static final Token NONE = new Token(Kind.NONE, 0, 0, "");

    private static final Set<String> RESERVED = Set.of(
            ("abstract assert boolean break byte case catch char class const continue default do double else enum"
                            + " extends final finally float for goto if implements import instanceof int interface"
                            + " long native new package private protected public return short static strictfp super"
                            + " switch synchronized this throw throws transient try void volatile while _ true false"
                            + " null")
                    .split(" "));

    boolean is(String expected) {
        return text.equals(expected);
    }

    boolean isWord() {
        return kind == Kind.WORD;
    }

    /// A word that is a keyword wherever it stands.
    boolean isReserved() {
        return isWord() && RESERVED.contains(text);
    }

    /// A word that can be a name; it may be a keyword in some places.
    boolean isName() {
        return isWord() && !RESERVED.contains(text);
    }
}
