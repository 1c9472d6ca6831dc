package dev.rondo.examples.highlighter;

import java.util.Locale;

/// What a byte of Java source belongs to, in the order of the highlighter's scores.
///
/// Some borders are a matter of choice:
///
/// - A line comment ends before its line break. Blanks inside comments and literals are theirs.
/// - The sign before a number is an operator.
/// - An annotation is its at sign and its name, qualified or not; `@interface` is a keyword.
/// - A type is a word with a capital first letter that is not written in capitals altogether (`T` is a type,
///   `MAX` is an identifier), constructors included; a method is any other word before an opening parenthesis.
public enum TokenClass {
    /// Blanks and line breaks outside of all else.
    WHITESPACE,
    /// Comments of all three kinds.
    COMMENT,
    /// String, character and text-block literals with their quotes.
    STRING,
    /// Numbers with prefix, underscores, exponent and suffix.
    NUMBER,
    /// Reserved words, the literals that are words, and contextual keywords where they are keywords.
    KEYWORD,
    /// The at sign and name of an annotation.
    ANNOTATION,
    /// Names of types, by their spelling.
    TYPE,
    /// Names of methods, declared or called.
    METHOD,
    /// All other names.
    IDENTIFIER,
    /// Operators, separators and brackets.
    OPERATOR;

    /// The class's name for people.
    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }
}
