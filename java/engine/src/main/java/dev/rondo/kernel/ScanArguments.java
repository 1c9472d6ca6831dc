package dev.rondo.kernel;

import dev.rondo.kernel.RecurrentArguments.Strided;
import dev.rondo.program.Activation;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/// The arguments of an element-wise recurrence over time; arrays are dense unless they say how they lie, and NULL where
/// there is none. Steps and samples of a strided one lie at equal distances: `step = batch * sample`.
///
/// @param steps      T
/// @param batch      N
/// @param hidden     H
/// @param activation TANH, RELU or null: of the candidate, or of the state
/// @param update     whether the gate says what is new, not what is kept
/// @param x          (T, N, H)
/// @param gate       (T, N, H), the gate's argument, or nothing
/// @param weight     (H)
/// @param src        (N, H)
/// @param dst        (T, N, H)
/// @param diffDst    (T, N, H)
/// @param diffX      (T, N, H), written
/// @param diffGate   (T, N, H), written
/// @param diffWeight (N, H), written
/// @param diffSrc    (N, H), written
public record ScanArguments(
        long steps,
        long batch,
        long hidden,
        @Nullable Activation activation,
        boolean update,
        Strided x,
        Strided gate,
        MemorySegment weight,
        MemorySegment src,
        MemorySegment dst,
        MemorySegment diffDst,
        MemorySegment diffX,
        MemorySegment diffGate,
        MemorySegment diffWeight,
        MemorySegment diffSrc) {}
