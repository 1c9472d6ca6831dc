package dev.rondo.nn;

import dev.rondo.program.Value;
import org.jspecify.annotations.Nullable;

/// Trees in one batch, N nodes together: inputs of the nodes, and who is whose parent. The trees are data like any
/// other:
/// a program recorded once serves all trees of up to so many nodes. [dev.rondo.tree.TreeBatch] numbers nodes so.
///
/// A run throws IllegalArgumentException that names the node if a parent is none of the nodes, a type out of range, or
/// parents make a cycle.
///
/// {@snippet :
/// TreeBase.Output states = treeLstm.forward(new PackedTrees(embedding.forward(ids), parents, positions));
/// Value roots = Functional.indexSelect(states.h(), 0, rootIds); // one row a tree
/// }
///
/// @param x       (M, I): inputs of the first M nodes; those from M to N - 1 have none
/// @param parents (N), I64: each node's parent, -1 for a root, -2 where there is no node
/// @param types   (N), I64: which of a network's weights each node's edge to its parent uses; null where all use the
/// same
public record PackedTrees(Value x, Value parents, @Nullable Value types) {}
