package dev.rondo.bench;

import org.openjdk.jmh.annotations.Param;

/// The body of a tagger: two bidirectional layers, over one sentence and over a batch.
public class Taggers extends ContenderBenchmark {
    @Param({
        "lstm i100 h128 l2 bi b1 t25",
        "lstm i100 h128 l2 bi b32 t25",
        "lstm i300 h256 l2 bi b1 t40",
        "gru i100 h128 l2 bi b1 t25",
        "gru i100 h128 l2 bi b32 t25"
    })
    public String shape;

    @Override
    String shape() {
        return shape;
    }
}
