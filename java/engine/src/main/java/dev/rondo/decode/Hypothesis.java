package dev.rondo.decode;

import org.jspecify.annotations.Nullable;

/// What a search has found for a source.
///
/// @param ids            the ids, without start and end
/// @param score          what hypotheses are ranked by: the log probability, divided by the length penalty, plus the
///                       coverage penalty ([Search])
/// @param logProbability natural logarithm of the probability of the ids and the end behind them
/// @param attention      the weights of each step, the one of the end included, over the source's ids; null unless
///                       [Search#attention()] asks for it and the decoder attends
public record Hypothesis(long[] ids, double score, double logProbability, float @Nullable [][] attention) {}
