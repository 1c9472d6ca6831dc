package dev.rondo.kernel;

import java.lang.foreign.MemorySegment;

/// The arguments of a pointwise loss.
///
/// @param parameter δ or β of the losses that have one
/// @param x         (count)
/// @param target    (count)
/// @param weight    (count) that multiplies each element's loss, or NULL for ones
public record PointwiseLossArguments(
        PointwiseLoss loss,
        float parameter,
        MemorySegment x,
        MemorySegment target,
        MemorySegment weight,
        long count,
        Reduction reduction) {}
