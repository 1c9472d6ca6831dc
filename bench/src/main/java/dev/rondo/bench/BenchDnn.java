package dev.rondo.bench;

import org.openjdk.jmh.annotations.Param;

/// Of the RNN problems that oneDNN's own driver measures: GNMT's encoder (both directions, and one) and decoder with
/// beams, DeepSpeech 2's RNN and GRU, RNN-T's encoder and prediction. RNN-T's encoder has batch 1 instead of 896.
///
/// Source: uxlfoundation/oneDNN, `tests/benchdnn/inputs/rnn/option_set_perf_inference_*`, `shapes_rnn_t`.
public class BenchDnn extends ContenderBenchmark {
    @Param({
        "lstm h256 bi b1 t10",
        "lstm h256 bi b1 t101",
        "lstm h512 b1 t10",
        "lstm h512 b1 t101",
        "lstm h256 bi b64 t40",
        "lstm h512 b64 t40",
        "lstm i768 h512 b10 t1",
        "lstm i768 h512 b640 t1",
        "rnn h1760 b1 t50",
        "rnn h1760 b64 t50",
        "gru h1760 b1 t50",
        "gru h1760 b64 t50",
        "lstm i240 h1024 b1 t256",
        "lstm i2048 h1024 b1 t128",
        "lstm h320 b1 t1",
        "lstm h320 b896 t1"
    })
    public String shape;

    @Override
    String shape() {
        return shape;
    }
}
