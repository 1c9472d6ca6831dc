#include <math.h>

#include "elementwise.h"
#include "kernels.h"

namespace rondo::RONDO_ISA {

namespace {

// Single precision sums this many terms, double precision the rest: the error does not grow with the width.
constexpr int64_t kBlock = 1024;

float maximum(const float *src, int64_t width) {
    vec top = splat(-INFINITY);
    for_each_vec(width, [&](int64_t i, auto lanes) { top = max(lanes.load(src + i, -INFINITY), top); });
    return max(top);
}

// The sum of exp(src - top) over a row; use(i, lanes, e) gets each term.
template <class Use>
double sum_of_exp(const float *src, int64_t width, float top, Use use) {
    double total = 0;
    for (int64_t begin = 0; begin < width; begin += kBlock) {
        const int64_t length = width - begin < kBlock ? width - begin : kBlock;
        vec terms = {};
        for_each_vec(length, [&](int64_t i, auto lanes) {
            const vec e = exp(lanes.load(src + begin + i, -INFINITY) - top);
            use(begin + i, lanes, e);
            terms += e;
        });
        total += sum(terms);
    }
    return total;
}

// A NaN is lost by max() but not by the sum; infinite maxima make terms of inf - inf = NaN.
void softmax_row(const float *src, float *dst, int64_t width) {
    const double total = sum_of_exp(src, width, maximum(src, width),
                                    [&](int64_t i, auto lanes, vec e) { lanes.store(dst + i, e); });
    const float scale = static_cast<float>(1 / total);
    for_each_vec(width, [&](int64_t i, auto lanes) { lanes.store(dst + i, lanes.load(dst + i) * scale); });
}

void log_softmax_row(const float *src, float *dst, int64_t width) {
    const float top = maximum(src, width);
    const float log_total = static_cast<float>(log(sum_of_exp(src, width, top, [](int64_t, auto, vec) {})));
    for_each_vec(width,
                 [&](int64_t i, auto lanes) { lanes.store(dst + i, lanes.load(src + i) - top - log_total); });
}

}  // namespace

void softmax(const float *src, float *dst, int64_t rows, int64_t width, bool logarithmic) {
    for (int64_t row = 0; row < rows; row++) {
        (logarithmic ? log_softmax_row : softmax_row)(src + row * width, dst + row * width, width);
    }
}

}  // namespace rondo::RONDO_ISA
