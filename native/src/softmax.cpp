#include "softmax.h"

#include "kernels.h"
#include "sum.h"

namespace rondo::RONDO_ISA {

namespace {

// A NaN is lost by max() but not by the sum; infinite maxima make terms of inf - inf = NaN.
void softmax_row(const float *src, float *dst, int64_t width) {
    const double total = sum_of_exp(src, width, maximum(src, width),
                                    [&](int64_t i, auto lanes, vec e) { lanes.store(dst + i, e); });
    const float scale = static_cast<float>(1 / total);
    for_each_vec(width, [&](int64_t i, auto lanes) { lanes.store(dst + i, lanes.load(dst + i) * scale); });
}

void log_softmax_row(const float *src, float *dst, int64_t width) {
    const float top = maximum(src, width);
    const float log_total = static_cast<float>(::log(sum_of_exp(src, width, top, [](int64_t, auto, vec) {})));
    for_each_vec(width,
                 [&](int64_t i, auto lanes) { lanes.store(dst + i, lanes.load(src + i) - top - log_total); });
}

void softmax_backward_row(const float *dst, const float *diff_dst, float *diff_src, int64_t width) {
    Sum products;
    for_each_vec(width, [&](int64_t i, auto lanes) { products.add(lanes.load(dst + i) * lanes.load(diff_dst + i)); });
    const float total = static_cast<float>(products.total());
    for_each_vec(width, [&](int64_t i, auto lanes) {
        lanes.store(diff_src + i, (lanes.load(diff_dst + i) - total) * lanes.load(dst + i));
    });
}

void log_softmax_backward_row(const float *dst, const float *diff_dst, float *diff_src, int64_t width) {
    Sum terms;
    for_each_vec(width, [&](int64_t i, auto lanes) { terms.add(lanes.load(diff_dst + i)); });
    const float total = static_cast<float>(terms.total());
    for_each_vec(width, [&](int64_t i, auto lanes) {
        lanes.store(diff_src + i, lanes.load(diff_dst + i) - exp(lanes.load(dst + i)) * total);
    });
}

}  // namespace

void softmax(const float *src, float *dst, int64_t rows, int64_t width, bool logarithmic) {
    for (int64_t row = 0; row < rows; row++) {
        (logarithmic ? log_softmax_row : softmax_row)(src + row * width, dst + row * width, width);
    }
}

void softmax_backward(const float *dst, const float *diff_dst, float *diff_src, int64_t rows, int64_t width,
                      bool logarithmic) {
    for (int64_t row = 0; row < rows; row++) {
        const int64_t begin = row * width;
        (logarithmic ? log_softmax_backward_row : softmax_backward_row)(dst + begin, diff_dst + begin,
                                                                        diff_src + begin, width);
    }
}

}  // namespace rondo::RONDO_ISA
