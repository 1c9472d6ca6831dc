package dev.rondo.bench;

import org.openjdk.jmh.annotations.Param;

/// One step at batch 1, the state carried from run to run: what audio, control and interactive text need.
public class Streaming extends ContenderBenchmark {
    @Param({
        "lstm h16 b1 t1",
        "lstm h32 b1 t1",
        "lstm h64 b1 t1",
        "lstm h128 b1 t1",
        "lstm h256 b1 t1",
        "lstm h512 b1 t1",
        "gru h16 b1 t1",
        "gru h32 b1 t1",
        "gru h64 b1 t1",
        "gru h128 b1 t1",
        "gru h256 b1 t1",
        "gru h512 b1 t1"
    })
    public String shape;

    @Override
    String shape() {
        return shape;
    }

    @Override
    boolean isStream() {
        return true;
    }
}
