package dev.rondo.bench;

import org.openjdk.jmh.annotations.Param;

/// DeepBench's inference problems, the device set and the server set, with PyTorch's GRU; its GRUs of more steps or
/// wider states, up to ten seconds a run, are in [DeepBenchLong].
///
/// Source: baidu-research/DeepBench, `code/kernels/rnn_problems.h`.
public class DeepBench extends ContenderBenchmark {
    @Param({
        "rnn_relu h32 b1 t672",
        "rnn_relu h64 b1 t96",
        "lstm h256 b1 t150",
        "lstm h256 b2 t150",
        "lstm h256 b4 t150",
        "lstm h512 b1 t25",
        "lstm h512 b2 t25",
        "lstm h512 b4 t25",
        "lstm h1024 b1 t25",
        "lstm h1024 b2 t25",
        "lstm h1024 b4 t25",
        "lstm h1536 b1 t50",
        "lstm h1536 b2 t50",
        "lstm h1536 b4 t50",
        "lstm h2048 b1 t25",
        "lstm h2048 b2 t25",
        "lstm h2048 b4 t25",
        "gru h512 b1 t1",
        "gru h512 b2 t1",
        "gru h512 b4 t1",
        "gru h1536 b1 t187",
        "gru h1536 b2 t187",
        "gru h1536 b4 t187",
        "gru h2816 b1 t187"
    })
    public String shape;

    @Override
    String shape() {
        return shape;
    }
}
