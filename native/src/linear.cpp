// Products of a few rows with a packed matrix, with what a step adds to them and the function it takes of the sum.
#include "elementwise.h"
#include "kernels.h"
#include "matrix.h"

namespace rondo::RONDO_ISA {

namespace {

// The left operand's rows that are multiplied at once: in the caches beside the panels, which each of these reads.
constexpr int64_t kRowsAtOnce = 32 * kRows;

// Columns that are multiplied and finished together at most.
int64_t columns_at_once(int64_t rows) { return panels_for(rows) * kPanel * kWidth; }

// dst (rows, so many columns from begin on) = function(product + bias + addend), rows from first on
template <class Function>
void finish(const rondo_linear &a, int64_t first, int64_t rows, int64_t begin, int64_t columns, const float *product,
            Function function) {
    for (int64_t r = 0; r < rows; r++) {
        const float *const bias = a.bias ? a.bias + begin : nullptr;
        const float *const addend = a.addend ? a.addend + (first + r) * a.addend_row + begin : nullptr;
        float *const dst = a.dst + (first + r) * a.dst_row + begin;
        for_each_vec(columns, [&](int64_t i, auto lanes) {
            __builtin_prefetch(dst + columns + i, 1);  // what the next panel writes: far apart, and in no cache
            vec x = load(product + r * columns_at_once(rows) + i);
            x = bias ? x + lanes.load(bias + i) : x;
            x = addend ? x + lanes.load(addend + i) : x;
            lanes.store(dst + i, function(x));
        });
    }
}

// A panel's columns are finished while they are in the nearest cache.
template <class Function>
void linear(const rondo_linear &a, Function function) {
    for (int64_t first = 0; first < a.rows; first += kRowsAtOnce) {
        const int64_t rows = a.rows - first < kRowsAtOnce ? a.rows - first : kRowsAtOnce;
        float *const product = a.scratch;
        const int64_t stride = columns_at_once(rows);
        const Operand operand([&](int64_t r) { return a.src + (first + r) * a.src_row; }, rows, a.in,
                              product + rows * stride);
        for_each_panel(rows, a.weights, a.in, registers_for(a.out),
                       [&](int64_t panel, int64_t registers, const float *panels, const float *next) {
                           operand.template multiply<false>(panels, registers, next, product, stride);
                           const int64_t begin = panel * kWidth, end = begin + registers * kWidth;
                           finish(a, first, rows, begin, (end < a.out ? end : a.out) - begin, product, function);
                       });
    }
}

}  // namespace

void linear(const rondo_linear &a) {
    switch (a.activation) {
        case RONDO_RNN_TANH:
            return linear(a, [](vec x) { return tanh(x); });
        case RONDO_RNN_RELU:
            return linear(a, [](vec x) { return relu(x); });
        case RONDO_RNN_LOGISTIC:
            return linear(a, [](vec x) { return sigmoid(x); });
        default:
            return linear(a, [](vec x) { return x; });
    }
}

int64_t linear_scratch_size(int64_t rows, int64_t in) {
    return (rows < kRowsAtOnce ? rows : kRowsAtOnce) * (columns_at_once(1) + in);
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
