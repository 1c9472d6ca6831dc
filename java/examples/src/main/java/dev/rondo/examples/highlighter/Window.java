package dev.rondo.examples.highlighter;

/// Some bytes of source, and the class of each.
record Window(byte[] text, byte[] classes) {}
