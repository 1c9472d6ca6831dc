package dev.rondo.bench;

import org.openjdk.jmh.annotations.Param;

/// The GRUs of DeepBench's server set that [DeepBench] leaves out, up to ten seconds a run.
///
/// Source: baidu-research/DeepBench, `code/kernels/rnn_problems.h`.
public class DeepBenchLong extends ContenderBenchmark {
    @Param({
        "gru h1024 b1 t1500",
        "gru h1024 b2 t1500",
        "gru h1024 b4 t1500",
        "gru h1536 b1 t375",
        "gru h1536 b1 t750",
        "gru h1536 b1 t1500",
        "gru h1536 b2 t375",
        "gru h1536 b2 t750",
        "gru h1536 b2 t1500",
        "gru h1536 b4 t375",
        "gru h1536 b4 t750",
        "gru h1536 b4 t1500",
        "gru h2048 b1 t187",
        "gru h2048 b1 t375",
        "gru h2048 b1 t750",
        "gru h2048 b1 t1500",
        "gru h2048 b2 t187",
        "gru h2048 b2 t375",
        "gru h2048 b2 t750",
        "gru h2048 b2 t1500",
        "gru h2048 b4 t187",
        "gru h2048 b4 t375",
        "gru h2048 b4 t750",
        "gru h2048 b4 t1500",
        "gru h2560 b1 t187",
        "gru h2560 b1 t375",
        "gru h2560 b1 t750",
        "gru h2560 b1 t1500",
        "gru h2560 b2 t187",
        "gru h2560 b2 t375",
        "gru h2560 b2 t750",
        "gru h2560 b2 t1500",
        "gru h2560 b4 t187",
        "gru h2560 b4 t375",
        "gru h2560 b4 t750",
        "gru h2560 b4 t1500",
        "gru h2816 b1 t375",
        "gru h2816 b1 t750",
        "gru h2816 b1 t1500",
        "gru h2816 b2 t187",
        "gru h2816 b2 t375",
        "gru h2816 b2 t750",
        "gru h2816 b2 t1500",
        "gru h2816 b4 t187",
        "gru h2816 b4 t375",
        "gru h2816 b4 t750",
        "gru h2816 b4 t1500"
    })
    public String shape;

    @Override
    String shape() {
        return shape;
    }
}
