// Products of a few rows with a packed matrix, with what a step adds to them and the function it takes of the sum.
#include "elementwise.h"
#include "kernels.h"
#include "matrix.h"

namespace rondo::RONDO_ISA {

namespace {

template <class Function>
void finish(const rondo_linear &a, int64_t width, Function function) {
    for (int64_t r = 0; r < a.rows; r++) {
        const float *const product = a.scratch + r * width;
        const float *const addend = a.addend ? a.addend + r * a.addend_row : nullptr;
        float *const dst = a.dst + r * a.dst_row;
        for_each_vec(a.out, [&](int64_t i, auto lanes) {
            vec x = load(product + i);
            x = a.bias ? x + lanes.load(a.bias + i) : x;
            x = addend ? x + lanes.load(addend + i) : x;
            lanes.store(dst + i, function(x));
        });
    }
}

}  // namespace

void linear(const rondo_linear &a) {
    const int64_t registers = registers_for(a.out);
    const int64_t width = registers * kWidth;
    multiply([&](int64_t r) { return a.src + r * a.src_row; }, a.rows, a.weights, a.in, registers, a.scratch, width);
    switch (a.activation) {
        case RONDO_RNN_TANH:
            return finish(a, width, [](vec x) { return tanh(x); });
        case RONDO_RNN_RELU:
            return finish(a, width, [](vec x) { return relu(x); });
        case RONDO_RNN_LOGISTIC:
            return finish(a, width, [](vec x) { return sigmoid(x); });
        default:
            return finish(a, width, [](vec x) { return x; });
    }
}

int64_t linear_packed_size(int64_t out, int64_t in) { return registers_for(out) * kWidth * in; }

void linear_pack(const float *weights, int64_t out, int64_t in, int64_t out_stride, int64_t in_stride, float *packed) {
    const int64_t registers = registers_for(out);
    for (int64_t begin = 0; begin < registers; begin += kPanel) {
        const int64_t panel = registers - begin < kPanel ? registers - begin : kPanel;
        const int64_t columns = out - begin * kWidth < panel * kWidth ? out - begin * kWidth : panel * kWidth;
        const float *const from = weights + begin * kWidth * out_stride;
        float *const to = packed + begin * in * kWidth;
        for (int64_t k = 0; k < in; k++) {
            float *const row = to + k * panel * kWidth;
            for_each_vec(panel * kWidth, [&](int64_t i, auto) { store(row + i, vec{}); });
            if (out_stride == 1) {
                for_each_vec(columns, [&](int64_t i, auto lanes) { lanes.store(row + i, lanes.load(from + k * in_stride + i)); });
            } else {
                for (int64_t i = 0; i < columns; i++) {
                    row[i] = from[k * in_stride + i * out_stride];
                }
            }
        }
    }
}

}  // namespace rondo::RONDO_ISA
