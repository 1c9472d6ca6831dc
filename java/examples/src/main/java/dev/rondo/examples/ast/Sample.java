package dev.rondo.examples.ast;

/// A method as networks read it.
///
/// @param parents each node's parent, -1 for the root, which is the first
/// @param symbols each node's symbol, in the order of the source
/// @param name    the class that the method's name is
public record Sample(int[] parents, int[] symbols, int name) {}
