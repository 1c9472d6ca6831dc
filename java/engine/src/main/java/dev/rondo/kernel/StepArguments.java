package dev.rondo.kernel;

import dev.rondo.kernel.RecurrentArguments.Strided;

/// The arguments of one step of a recurrent cell in training; `rondo_training.h` says which cell reads what.
///
/// @param batch     N
/// @param hidden    H
/// @param gates     (N, G*H), dense: the gates' arguments, then the gates, then the arguments' gradients
/// @param products  (N, 3*H) or (N, H), dense, or nothing: what a GRU's recurrent products give or read, and gradients
/// @param src       (N, H): h before the step
/// @param attention (N), or nothing
/// @param srcCell   (N, H), or nothing: c before the step
/// @param dst       (N, H): h after the step
/// @param cell      (N, H), dense, or nothing: c after the step
/// @param diffDst   (N, H), or nothing: the gradient that the output received
/// @param diffState (N, H), dense, or nothing in the forward pass: h's gradient
/// @param diffCell  (N, H), dense, or nothing: c's gradient
/// @param diffAttention (N), or nothing: where the attention's gradient goes
public record StepArguments(
        long batch,
        long hidden,
        Strided gates,
        Strided products,
        Strided src,
        Strided attention,
        Strided srcCell,
        Strided dst,
        Strided cell,
        Strided diffDst,
        Strided diffState,
        Strided diffCell,
        Strided diffAttention) {}
