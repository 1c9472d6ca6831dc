package dev.rondo.kernel;

import java.lang.foreign.MemorySegment;

/// The arguments of a pass over trees; `rondo_tree.h` says which cell reads what. What is not there is NULL.
///
/// @param topDown      whether nodes receive from their parents
/// @param nodes        N
/// @param inputs       how many of them, the first, have an input
/// @param types        of edges
/// @param hidden       H
/// @param slots        K
/// @param schedule     from [TreeKernel#schedule]
/// @param input        (inputs, X)
/// @param bias         (X)
/// @param weights      packed
/// @param gates        (N, G)
/// @param edges        (N, what is kept of an edge)
/// @param h            (N, H)
/// @param c            (N, H)
/// @param diffH        (N, H)
/// @param diffC        (N, H)
/// @param diffMessages (N, G)
/// @param scratch      floats
public record TreeArguments(
        boolean topDown,
        long nodes,
        long inputs,
        long types,
        long hidden,
        long slots,
        MemorySegment schedule,
        MemorySegment input,
        MemorySegment bias,
        MemorySegment weights,
        MemorySegment gates,
        MemorySegment edges,
        MemorySegment h,
        MemorySegment c,
        MemorySegment diffH,
        MemorySegment diffC,
        MemorySegment diffMessages,
        MemorySegment scratch) {}
