#include <initializer_list>
#include <limits>
#include <vector>

#include "check.h"
#include "rondo_kernels.h"

static constexpr float kInf = std::numeric_limits<float>::infinity();
static constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

static void reductions_of(int64_t count, float scale) {
    test::Guarded<float> x(count);
    test::fill(x, scale);
    double squares = 0, top = 0;
    for (int64_t i = 0; i < count; i++) {
        squares += static_cast<double>(x[i]) * x[i];
        top = std::fmax(top, std::fabs(x[i]));
    }
    const double sum = rondo_sum_of_squares_f32(x.data, count);
    const float max = rondo_max_abs_f32(x.data, count);
    CHECK(test::near(sum, squares, 1e-12 * squares), "count %d: %.17g instead of %.17g", int(count), sum, squares);
    CHECK(max == top, "count %d: %.9g instead of %.9g", int(count), double(max), top);
    CHECK(rondo_first_non_finite_f32(x.data, count) == -1, "count %d", int(count));
}

static void spoiled(int64_t count, int64_t position, float value) {
    test::Guarded<float> x(count);
    test::fill(x, 3);
    x[position] = value;
    CHECK(rondo_first_non_finite_f32(x.data, count) == position, "count %d, position %d", int(count), int(position));
    if (position + 1 < count) {
        x[count - 1] = kInf;
    }
    const double sum = rondo_sum_of_squares_f32(x.data, count);
    const float max = rondo_max_abs_f32(x.data, count);
    const int64_t first = rondo_first_non_finite_f32(x.data, count);
    CHECK(test::near(sum, std::fabs(value), 0), "count %d, position %d: %g", int(count), int(position), sum);
    CHECK(test::near(max, std::fabs(value), 0), "count %d, position %d: %g", int(count), int(position), double(max));
    CHECK(first == position, "count %d: %d instead of %d", int(count), int(first), int(position));
}

static void scaled_and_clamped(int64_t count) {
    test::Guarded<float> x(count), y(count);
    test::fill(x, 3);
    for (int64_t i = 0; i < count; i++) {
        constexpr float kSpecial[] = {kNan, kInf, -kInf, 1.5f, -1.5f, -0.0f};
        const uint32_t choice = test::generator() % 12;
        x[i] = choice < 6 ? kSpecial[choice] : x[i];
    }
    test::copy(x, y);
    rondo_scale_f32(y.data, count, 0.3f);
    for (int64_t i = 0; i < count; i++) {
        CHECK(test::near(y[i], x[i] * 0.3f, 0), "count %d, element %d: %g", int(count), int(i), double(y[i]));
    }
    for (const float bound : {1.5f, 0.0f, kInf}) {
        test::copy(x, y);
        rondo_clamp_f32(y.data, count, bound);
        for (int64_t i = 0; i < count; i++) {
            const float expected = x[i] > bound ? bound : x[i] < -bound ? -bound : x[i];
            CHECK(test::near(y[i], expected, 0), "count %d, element %d: %g", int(count), int(i), double(y[i]));
        }
    }
}

static void alignments() {
    constexpr int64_t kCount = 333;
    test::Guarded<float> x(kCount);
    test::fill(x, 3);
    const double expected = rondo_sum_of_squares_f32(x.data, kCount);
    std::vector<float> shifted(kCount + 17);
    for (int64_t shift = 0; shift < 17; shift++) {
        std::memcpy(&shifted[shift], x.data, kCount * sizeof(float));
        const double sum = rondo_sum_of_squares_f32(&shifted[shift], kCount);
        CHECK(sum == expected, "shift %d: %.17g and %.17g", int(shift), sum, expected);
    }
}

void test::reductions() {
    for (int64_t count = 0; count <= 70; count++) {
        reductions_of(count, 3);
        reductions_of(count, 1.5e38f);
        scaled_and_clamped(count);
        for (int64_t position = 0; position < count; position++) {
            spoiled(count, position, kNan);
            spoiled(count, position, -kNan);
            spoiled(count, position, kInf);
            spoiled(count, position, -kInf);
        }
    }
    for (const int64_t count : {1023, 1024, 1025, 100000}) {
        reductions_of(count, 3);
        for (const int64_t position : {int64_t(0), count / 2, count - 2, count - 1}) {
            spoiled(count, position, kNan);
            spoiled(count, position, -kInf);
        }
    }
    alignments();
}

static void sums(int64_t rows, int64_t width, int64_t gap, bool accumulate) {
    const int64_t stride = width + gap;
    test::Guarded<float> src(rows == 0 ? 0 : (rows - 1) * stride + width), dst(width), before(width);
    test::fill(src, 3);
    if (accumulate) {
        test::fill(dst, 3);
        test::copy(dst, before);
    }
    if (gap > 0) {
        for (int64_t i = width; i < src.count; i += stride) {
            src[i] = kNan;  // between the rows
        }
    }
    rondo_column_sums_f32(src.data, rows, width, stride, dst.data, accumulate);
    for (int64_t j = 0; j < width; j++) {
        double expected = accumulate ? before[j] : 0, magnitude = std::fabs(expected);
        for (int64_t i = 0; i < rows; i++) {
            expected += src[i * stride + j];
            magnitude += std::fabs(src[i * stride + j]);
        }
        CHECK(test::near(dst[j], expected, 3e-7 * magnitude), "%d rows, width %d, column %d: %.9g instead of %.9g",
              int(rows), int(width), int(j), double(dst[j]), expected);
    }
}

static void spoiled_column(int64_t width) {
    for (int64_t position = 0; position < width; position++) {
        test::Guarded<float> src(3 * width), dst(width);
        test::fill(src, 3);
        src[width + position] = kNan;
        rondo_column_sums_f32(src.data, 3, width, width, dst.data, 0);
        for (int64_t j = 0; j < width; j++) {
            CHECK(std::isnan(dst[j]) == (j == position), "width %d, column %d: %g", int(width), int(j),
                  double(dst[j]));
        }
    }
}

void test::column_sums() {
    for (int64_t width = 1; width <= 70; width++) {
        for (const int64_t rows : {0, 1, 2, 31, 32, 33, 100}) {
            for (const int64_t gap : {0, 5}) {
                sums(rows, width, gap, false);
                sums(rows, width, gap, true);
            }
        }
        spoiled_column(width);
    }
    sums(20000, 3, 0, false);
    sums(500, 1000, 24, true);
}
