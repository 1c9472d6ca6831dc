#include "kernels.h"
#include "sum.h"

namespace rondo::RONDO_ISA {

namespace {

constexpr int32_t kInfinity = 0x7f800000;  // the bits of +inf; those of a positive NaN are greater

// The greatest bits of |x|. As integers, NaN is above infinity, and that above all numbers.
int32_t max_abs_bits(const float *x, int64_t count) {
    ivec top = {};
    for_each_vec(count, [&](int64_t i, auto lanes) {
        const ivec bits = abs_bits(lanes.load(x + i));
        top = bits > top ? bits : top;
    });
    int32_t result = 0;
    for (int64_t i = 0; i < kWidth; i++) {
        result = top[i] > result ? top[i] : result;
    }
    return result;
}

// Registers of columns that are summed together, and rows that single precision sums.
constexpr int64_t kColumns = 4;
constexpr int64_t kRowBlock = 32;

// dst[0 .. Registers * kWidth) (+)= the sums of as many columns; lanes says how much of each register there is.
template <int64_t Registers, class Lanes>
void sum_columns(const float *src, int64_t rows, int64_t row_stride, float *dst, bool accumulate, Lanes lanes) {
    Sum totals[Registers];
    for (int64_t begin = 0; begin < rows; begin += kRowBlock) {
        const int64_t end = rows - begin < kRowBlock ? rows : begin + kRowBlock;
        vec block[Registers] = {};
        for (int64_t row = begin; row < end; row++) {
#pragma GCC unroll 4
            for (int64_t i = 0; i < Registers; i++) {
                block[i] += lanes.load(src + row * row_stride + i * kWidth);
            }
        }
        for (int64_t i = 0; i < Registers; i++) {
            totals[i].add(block[i]);
        }
    }
    for (int64_t i = 0; i < Registers; i++) {
        if (accumulate) {
            totals[i].add(lanes.load(dst + i * kWidth));
        }
        lanes.store(dst + i * kWidth, totals[i].lanes());
    }
}

}  // namespace

double sum_of_squares(const float *x, int64_t count) {
    Sum sum;
    for_each_vec(count, [&](int64_t i, auto lanes) { sum.add_square(lanes.load(x + i)); });
    return sum.total();
}

float max_abs(const float *x, int64_t count) {
    const int32_t bits = max_abs_bits(x, count);
    float result;
    memcpy(&result, &bits, sizeof result);
    return result;
}

int64_t first_non_finite(const float *x, int64_t count) {
    constexpr int64_t kBlock = 1024;
    for (int64_t begin = 0; begin < count; begin += kBlock) {
        const int64_t length = count - begin < kBlock ? count - begin : kBlock;
        if (max_abs_bits(x + begin, length) >= kInfinity) {
            int64_t i = begin;
            while (max_abs_bits(x + i, 1) < kInfinity) {
                i++;
            }
            return i;
        }
    }
    return -1;
}

void scale(float *x, int64_t count, float factor) {
    for_each_vec(count, [&](int64_t i, auto lanes) { lanes.store(x + i, lanes.load(x + i) * factor); });
}

void clamp(float *x, int64_t count, float bound) {
    for_each_vec(count, [&](int64_t i, auto lanes) {
        const vec value = lanes.load(x + i);
        lanes.store(x + i, value > bound ? splat(bound) : (value < -bound ? splat(-bound) : value));
    });
}

void column_sums(const float *src, int64_t rows, int64_t width, int64_t row_stride, float *dst, bool accumulate) {
    int64_t i = 0;
    for (; i + kColumns * kWidth <= width; i += kColumns * kWidth) {
        sum_columns<kColumns>(src + i, rows, row_stride, dst + i, accumulate, Whole{});
    }
    for (; i < width; i += kWidth) {
        if (i + kWidth <= width) {
            sum_columns<1>(src + i, rows, row_stride, dst + i, accumulate, Whole{});
        } else {
            sum_columns<1>(src + i, rows, row_stride, dst + i, accumulate, Partial{width - i});
        }
    }
}

}  // namespace rondo::RONDO_ISA
