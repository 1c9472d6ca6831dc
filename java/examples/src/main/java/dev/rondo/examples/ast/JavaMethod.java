package dev.rondo.examples.ast;

import java.util.List;

/// A method of Java source as the compiler parses it: the tree of its body, a symbol at each node.
///
/// Nodes are in the order of the source: parents come before their children, the root first. A symbol is the kind of
/// the node, `METHOD_INVOCATION`, or where that says little, what is written there: names, `.` and the name of
/// a member, primitive types, and literals that are short. The method's own name is left out of its body.
///
/// @param name    the method's
/// @param parents each node's parent, -1 for the root
/// @param symbols each node's symbol
public record JavaMethod(String name, int[] parents, List<String> symbols) {
    /// What stands for the method's own name.
    public static final String OWN_NAME = "<own name>";
}
