package dev.rondo.bench;

import org.openjdk.jmh.annotations.Param;

/// One layer over more and more sequences at once.
public class Batches extends ContenderBenchmark {
    @Param({
        "lstm h256 b1 t50",
        "lstm h256 b4 t50",
        "lstm h256 b16 t50",
        "lstm h256 b64 t50",
        "lstm h256 b128 t50",
        "gru h256 b1 t50",
        "gru h256 b4 t50",
        "gru h256 b16 t50",
        "gru h256 b64 t50",
        "gru h256 b128 t50"
    })
    public String shape;

    @Override
    String shape() {
        return shape;
    }
}
