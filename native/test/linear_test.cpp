#include "check.h"
#include "rondo_kernels.h"

namespace {

using test::fill;
using test::Guarded;

double sigmoid(double x) { return 1 / (1 + std::exp(-x)); }

double worst = 0;  // of errors, as a share of what is allowed

void check(const char *what, int64_t i, double actual, double expected, double allowed) {
    CHECK(test::near(actual, expected, allowed), "%s %d: %.9g instead of %.9g", what, int(i), actual, expected);
    worst = std::fmax(worst, std::fabs(actual - expected) / allowed);
}

void layer(int64_t rows, int64_t in, int64_t out, int32_t activation, bool bias, bool addend, bool turned) {
    Guarded<float> src(rows * in), weights(in * out), b(out), a(rows * out), dst(rows * out);
    Guarded<float> packed(rondo_linear_packed_size(out, in)), scratch(rondo_linear_scratch_size(rows, in));
    for (Guarded<float> *array : {&src, &weights, &b, &a}) {
        fill(*array, 1);
    }
    rondo_linear_pack_f32(weights.data, out, in, turned ? in : 1, turned ? 1 : out, packed.data);
    rondo_linear l = {};
    l.activation = activation;
    l.rows = rows;
    l.in = in;
    l.out = out;
    l.src = src.data;
    l.src_row = in;
    l.weights = packed.data;
    l.bias = bias ? b.data : nullptr;
    l.addend = addend ? a.data : nullptr;
    l.addend_row = out;
    l.dst = dst.data;
    l.dst_row = out;
    l.scratch = scratch.data;
    rondo_linear_f32(&l);
    for (int64_t r = 0; r < rows; r++) {
        for (int64_t o = 0; o < out; o++) {
            double x = (bias ? b[o] : 0.0) + (addend ? a[r * out + o] : 0.0);
            for (int64_t i = 0; i < in; i++) {
                x += double(src[r * in + i]) * weights[turned ? o * in + i : i * out + o];
            }
            x = activation == RONDO_RNN_TANH       ? std::tanh(x)
                : activation == RONDO_RNN_RELU     ? std::fmax(x, 0)
                : activation == RONDO_RNN_LOGISTIC ? sigmoid(x)
                                                   : x;
            check("linear", o, dst[r * out + o], x, 1e-6 * (2 + double(in)));
        }
    }
}

}  // namespace

void test::linear() {
    constexpr int32_t kActivations[] = {RONDO_IDENTITY, RONDO_RNN_TANH, RONDO_RNN_RELU, RONDO_RNN_LOGISTIC};
    for (int64_t out = 1; out <= 70; out++) {
        const int64_t rows = 1 + generator() % 13, in = 1 + generator() % 40;
        const bool bias = generator() % 2, addend = generator() % 2;
        layer(rows, in, out, kActivations[out % 4], bias, addend, true);
        layer(rows, in, out, kActivations[out % 4], !bias, !addend, false);
    }
    layer(201, 37, 45, RONDO_RNN_TANH, true, true, true);  // more rows than are multiplied at once
    std::printf("linear: %.2g of the allowed error\n", worst);
}
