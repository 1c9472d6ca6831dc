package dev.rondo.bench;

import org.openjdk.jmh.annotations.Param;

/// One layer over longer and longer sequences.
public class Sequences extends ContenderBenchmark {
    @Param({
        "lstm h128 b1 t1",
        "lstm h128 b1 t8",
        "lstm h128 b1 t64",
        "lstm h128 b1 t512",
        "lstm h128 b1 t4096",
        "gru h128 b1 t1",
        "gru h128 b1 t8",
        "gru h128 b1 t64",
        "gru h128 b1 t512",
        "gru h128 b1 t4096"
    })
    public String shape;

    @Override
    String shape() {
        return shape;
    }
}
