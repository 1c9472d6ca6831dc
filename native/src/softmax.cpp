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

// Elements are compared so many at a time with the least of the best so far.
constexpr int64_t kCompared = 8 * kWidth;

// Where the greatest elements are, in their order, by insertion: few are better than those that came before.
void greatest(const float *src, int64_t width, int64_t count, int64_t *ids) {
    int64_t found = 0;
    for (int64_t begin = 0; begin < width; begin += kCompared) {
        const int64_t end = width - begin < kCompared ? width : begin + kCompared;
        if (found == count && !(maximum(src + begin, end - begin) > src[ids[count - 1]])) {
            continue;
        }
        for (int64_t i = begin; i < end; i++) {
            const float x = src[i];
            if (!(x > (found < count ? -INFINITY : src[ids[count - 1]]))) {
                continue;
            }
            int64_t place = found < count ? found++ : count - 1;
            for (; place > 0 && src[ids[place - 1]] < x; place--) {
                ids[place] = ids[place - 1];
            }
            ids[place] = i;
        }
    }
    for (; found < count; found++) {
        ids[found] = -1;
    }
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

void likeliest(const float *src, int64_t rows, int64_t width, int64_t count, int64_t *ids, float *norms) {
    for (int64_t row = 0; row < rows; row++) {
        const float *const x = src + row * width;
        const float top = maximum(x, width);
        norms[row] = static_cast<float>(top + ::log(sum_of_exp(x, width, top, [](int64_t, auto, vec) {})));
        greatest(x, width, count, ids + row * count);
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
