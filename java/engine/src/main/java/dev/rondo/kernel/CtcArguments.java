package dev.rondo.kernel;

import java.lang.foreign.MemorySegment;

/// The arguments of connectionist temporal classification, as PyTorch's `ctc_loss`: minus the logarithm of the
/// probability of all paths that give a sample's labels once repeated classes are merged and blanks removed.
///
/// @param steps         T
/// @param batch         N
/// @param classes       C
/// @param width         S: the most labels a sample can have
/// @param logProbs      (T, N, C)
/// @param targets       labels (N, S), 64-bit
/// @param inputLengths  (N), 64-bit, from 0 to T
/// @param targetLengths (N), 64-bit, from 0 to S
/// @param blank         the class of no label
/// @param zeroInfinity  whether samples without any path lose 0 instead of infinity, without gradient
/// @param alpha         doubles (N, T, 2 S + 1), written by the loss and read by its gradient: logarithms of
///                      the probabilities of the paths' beginnings
/// @param scratch       2 S + 1 doubles that the gradient uses; NULL where only the loss is asked for
public record CtcArguments(
        long steps,
        long batch,
        long classes,
        long width,
        MemorySegment logProbs,
        MemorySegment targets,
        MemorySegment inputLengths,
        MemorySegment targetLengths,
        long blank,
        boolean zeroInfinity,
        Reduction reduction,
        MemorySegment alpha,
        MemorySegment scratch) {}
