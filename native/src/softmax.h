// What softmax and cross entropy share.
#pragma once

#include <math.h>

#include "elementwise.h"

namespace rondo::RONDO_ISA {

// Single precision sums this many terms, double precision the rest: the error does not grow with the width.
constexpr int64_t kExpBlock = 1024;

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

}  // namespace rondo::RONDO_ISA
