package dev.rondo.examples.translation;

/// A text and what it is translated to.
///
/// @param source what is read
/// @param target what is to be written
public record Sentence(String source, String target) {}
