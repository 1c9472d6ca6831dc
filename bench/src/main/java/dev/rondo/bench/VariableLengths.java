package dev.rondo.bench;

import org.openjdk.jmh.annotations.Param;

/// Sequences of unequal lengths in one batch, with the semantics of PyTorch's packed sequences: from a quarter of the
/// longest to the longest.
public class VariableLengths extends ContenderBenchmark {
    @Param({"lstm h256 b16 t100 ragged", "gru h256 b16 t100 ragged", "lstm i100 h128 l2 bi b32 t40 ragged"})
    public String shape;

    @Override
    String shape() {
        return shape;
    }
}
