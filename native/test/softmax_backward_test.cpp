#include <initializer_list>
#include <limits>

#include "check.h"
#include "rondo_kernels.h"

static constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
static constexpr double kUlp = 1.2e-7;

enum class Place { kApart, kDiffDst, kDst };

static void check_row(const float *dst, const float *diff_dst, const float *diff_src, int64_t width,
                      bool logarithmic) {
    double total = 0, magnitude = 0;
    for (int64_t i = 0; i < width; i++) {
        const double term = logarithmic ? diff_dst[i] : static_cast<double>(dst[i]) * diff_dst[i];
        total += term;
        magnitude += std::fabs(term);
    }
    for (int64_t i = 0; i < width; i++) {
        const double y = logarithmic ? std::exp(static_cast<double>(dst[i])) : dst[i];
        const double expected = logarithmic ? diff_dst[i] - y * total : (diff_dst[i] - total) * y;
        const double tolerance = 2 * kUlp * (logarithmic ? std::fabs(diff_dst[i]) + 2 * y * std::fabs(total)
                                                         : (std::fabs(diff_dst[i]) + magnitude) * y);
        CHECK(test::near(diff_src[i], expected, tolerance + 3e-45), "width %d, element %d, log %d: %.9g, not %.9g",
              int(width), int(i), logarithmic, double(diff_src[i]), expected);
    }
}

static void random_rows(int64_t rows, int64_t width, bool logarithmic, Place place) {
    test::Guarded<float> dst(rows * width), diff_dst(rows * width), diff_src(rows * width);
    test::fill(dst, 20);
    test::fill(diff_dst, 2);
    rondo_softmax_f32(dst.data, dst.data, rows, width, logarithmic);

    test::Guarded<float> used_dst(rows * width), used_diff_dst(rows * width);
    test::copy(dst, used_dst);
    test::copy(diff_dst, used_diff_dst);
    float *const result = place == Place::kApart     ? diff_src.data
                          : place == Place::kDiffDst ? used_diff_dst.data
                                                     : used_dst.data;
    rondo_softmax_backward_f32(used_dst.data, used_diff_dst.data, result, rows, width, logarithmic);
    for (int64_t row = 0; row < rows; row++) {
        const int64_t begin = row * width;
        check_row(dst.data + begin, diff_dst.data + begin, result + begin, width, logarithmic);
    }
}

static void spoiled_row(int64_t width, bool logarithmic) {
    test::Guarded<float> dst(2 * width), diff_dst(2 * width), diff_src(2 * width);
    for (int64_t position = 0; position < width; position++) {
        test::fill(dst, 100);
        test::fill(diff_dst, 2);
        rondo_softmax_f32(dst.data, dst.data, 2, width, logarithmic);
        diff_dst[position] = kNan;
        rondo_softmax_backward_f32(dst.data, diff_dst.data, diff_src.data, 2, width, logarithmic);
        for (int64_t i = 0; i < width; i++) {
            CHECK(std::isnan(diff_src[i]), "width %d, element %d: %g", int(width), int(i), double(diff_src[i]));
        }
        check_row(dst.data + width, diff_dst.data + width, diff_src.data + width, width, logarithmic);
    }
}

void test::softmax_backward() {
    for (const bool logarithmic : {false, true}) {
        for (const Place place : {Place::kApart, Place::kDiffDst, Place::kDst}) {
            for (int64_t width = 1; width <= 70; width++) {
                random_rows(3, width, logarithmic, place);
            }
            for (const int64_t width : {1023, 1024, 1025, 50000}) {
                random_rows(2, width, logarithmic, place);
            }
            random_rows(0, 5, logarithmic, place);
        }
        for (int64_t width = 1; width <= 70; width++) {
            spoiled_row(width, logarithmic);
        }
    }
}
