package dev.rondo.kernel;

import java.lang.foreign.MemorySegment;

/// The arguments of cross entropy between logits and classes, as PyTorch's `cross_entropy`: a row loses
/// `(1 - s) w_t (-log p_t) + s / C * sum_c w_c (-log p_c)`, and the mean divides by the sum of w_t.
///
/// @param logits         (rows, classes)
/// @param targets        (rows), 64-bit
/// @param classWeight    w (classes), or NULL for ones
/// @param ignoreIndex    the target of rows that do not count
/// @param labelSmoothing s
public record CrossEntropyArguments(
        long rows,
        long classes,
        MemorySegment logits,
        MemorySegment targets,
        MemorySegment classWeight,
        long ignoreIndex,
        float labelSmoothing,
        Reduction reduction) {}
