package dev.rondo.nn;

import dev.rondo.program.Value;

/// Sequences of unequal lengths in one batch: each padded at its end to the T steps of the longest, and their lengths.
///
/// A recurrent network reads each sequence as if it were alone: from right to left it starts at the sequence's own last
/// step, final states are those after that step, the output is 0 in the padding, and so are gradients. What the padding
/// holds does not matter, but ids have to be valid ones for an embedding to look up. Sequences need not be sorted.
///
/// {@snippet :
/// LSTM.Output result = lstm.forward(new PackedSequence(embedding.forward(ids), lengths));
/// }
///
/// A run whose lengths are not between 1 and T throws IllegalArgumentException.
///
/// Source: PyTorch's `pack_padded_sequence` and `pad_packed_sequence`.
///
/// @param padded  (T, N, I), or (N, T, I) where the recurrence is batch-first
/// @param lengths number of steps of each sequence: (N), I64
public record PackedSequence(Value padded, Value lengths) {}
