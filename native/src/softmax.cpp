#include "softmax.h"

#include <float.h>

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
    const LogSumExp norm = log_sum_exp(src, width);
    const float log_total = static_cast<float>(norm.log_total);
    for_each_vec(width,
                 [&](int64_t i, auto lanes) { lanes.store(dst + i, lanes.load(src + i) - norm.top - log_total); });
}

// Elements are compared so many at a time.
constexpr int64_t kCompared = 8 * kWidth;

// The greatest of the elements at each place of those compared together, without regard to NaN.
struct Maxima {
    float of[kCompared];

    Maxima() {
        for (float &top : of) {
            top = -INFINITY;
        }
    }

    // Looks at more elements.
    void add(const float *src, int64_t width) {
        vec tops[kCompared / kWidth];
        memcpy(tops, of, sizeof of);
        for (int64_t begin = 0; begin < width; begin += kCompared) {
            for (int64_t i = 0; i < kCompared / kWidth; i++) {
                const int64_t at = begin + i * kWidth;
                if (at + kWidth <= width) {
                    tops[i] = max(load(src + at), tops[i]);
                } else if (at < width) {
                    tops[i] = max(Partial{width - at}.load(src + at, -INFINITY), tops[i]);
                }
            }
        }
        memcpy(of, tops, sizeof of);
    }

    float greatest() const { return maximum(of, kCompared); }

    // What so many elements at least are not less than; above -inf. Leaves the greatest first, by insertion.
    float bound(int64_t count) {
        if (count > kCompared) {
            return -FLT_MAX;
        }
        for (int64_t i = 1; i < kCompared; i++) {
            const float x = of[i];
            int64_t place = i < count ? i : count;
            for (; place > 0 && of[place - 1] < x; place--) {
                of[place] = of[place - 1];
            }
            of[place] = x;
        }
        return of[count - 1] > -FLT_MAX ? of[count - 1] : -FLT_MAX;
    }
};

// Where the greatest elements are, in their order, by insertion: few are no less than so many others.
void greatest(const float *src, int64_t width, int64_t count, float bound, int64_t *ids) {
    int64_t found = 0;
    const auto is_candidate = [&](auto x) { return found < count ? x >= bound : x > src[ids[count - 1]]; };
    const auto insert = [&](int64_t i) {
        int64_t place = found < count ? found++ : count - 1;
        for (; place > 0 && src[ids[place - 1]] < src[i]; place--) {
            ids[place] = ids[place - 1];
        }
        ids[place] = i;
    };
    for (int64_t begin = 0; begin < width; begin += kCompared) {
        const int64_t length = width - begin < kCompared ? width - begin : kCompared;
        vec top = splat(-INFINITY);
        for_each_vec(length, [&](int64_t i, auto lanes) { top = max(lanes.load(src + begin + i, -INFINITY), top); });
        if (!any(is_candidate(top))) {
            continue;
        }
        for (int64_t i = begin; i < begin + length; i += kWidth) {
            const int64_t end = begin + length - i < kWidth ? begin + length : i + kWidth;
            if (end < i + kWidth || any(is_candidate(load(src + i)))) {
                for (int64_t j = i; j < end; j++) {
                    if (is_candidate(src[j])) {
                        insert(j);
                    }
                }
            }
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
        Maxima maxima;
        const LogSumExp norm = log_sum_exp(x, width, [&](int64_t begin, int64_t length) {
            maxima.add(x + begin, length);
            return maxima.greatest();
        });
        norms[row] = static_cast<float>(norm.top + norm.log_total);
        greatest(x, width, count, maxima.bound(count), ids + row * count);
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
