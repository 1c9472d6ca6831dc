// What softmax and cross entropy share.
#pragma once

#include <math.h>

#include "elementwise.h"

namespace rondo::RONDO_ISA {

// Single precision sums this many terms, double precision the rest: the error does not grow with the width.
constexpr int64_t kExpBlock = 128 * kWidth;

// The greatest of a row, without regard to NaN.
inline float maximum(const float *src, int64_t width) {
    vec top = splat(-INFINITY);
    for_each_vec(width, [&](int64_t i, auto lanes) { top = max(lanes.load(src + i, -INFINITY), top); });
    return max(top);
}

// The sum of exp(src - top) over a row; use(i, lanes, e) gets each term.
template <class Use>
double sum_of_exp(const float *src, int64_t width, float top, Use use) {
    double total = 0;
    for (int64_t begin = 0; begin < width; begin += kExpBlock) {
        const int64_t length = width - begin < kExpBlock ? width - begin : kExpBlock;
        vec terms = {};
        for_each_vec(length, [&](int64_t i, auto lanes) {
            // Beyond the row, exp(0) is faster than exp(-inf), which underflows.
            const vec e = lanes.only(exp(lanes.load(src + begin + i, top) - top));
            use(begin + i, lanes, e);
            terms += e;
        });
        total += sum(terms);
    }
    return total;
}

// log(sum of exp(src)) = top + log_total, where top is the greatest of a row.
struct LogSumExp {
    float top;
    double log_total;
};

// In one pass, so that memory is fetched during the exponentials; greatest(begin, length) is that of the row up to the
// end of these elements, without regard to NaN. A NaN or +inf spoils the sum.
template <class Greatest>
LogSumExp log_sum_exp(const float *src, int64_t width, Greatest greatest) {
    float top = -INFINITY;
    double total = 0;
    for (int64_t begin = 0; begin < width; begin += kExpBlock) {
        const int64_t length = width - begin < kExpBlock ? width - begin : kExpBlock;
        const float before = top;
        top = greatest(begin, length);
        const float base = top > -INFINITY ? top : 0;
        vec terms = {};
        for_each_vec(length, [&](int64_t i, auto lanes) {
            terms += lanes.only(exp_of_negative(lanes.load(src + begin + i) - base));
        });
        total = total * ::exp(static_cast<double>(before) - base) + sum(terms);
    }
    return {top, ::log(total)};
}

inline LogSumExp log_sum_exp(const float *src, int64_t width) {
    float top = -INFINITY;
    return log_sum_exp(src, width, [&](int64_t begin, int64_t length) {
        const float here = maximum(src + begin, length);
        return top = here > top ? here : top;
    });
}

}  // namespace rondo::RONDO_ISA
