#include <algorithm>
#include <initializer_list>
#include <limits>
#include <vector>

#include "check.h"
#include "rondo_kernels.h"

static constexpr float kInf = std::numeric_limits<float>::infinity();
static constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
static constexpr double kUlp = 1.2e-7;

static void check_row(const float *src, const float *dst, int64_t width, bool logarithmic) {
    double top = -kInf;
    for (int64_t i = 0; i < width; i++) {
        top = std::fmax(top, src[i]);
    }
    double total = 0;
    for (int64_t i = 0; i < width; i++) {
        total += std::exp(src[i] - top);
    }
    for (int64_t i = 0; i < width; i++) {
        const double distance = src[i] - top;
        const double expected = logarithmic ? distance - std::log(total) : std::exp(distance) / total;
        // Single precision rounds the distance by half a unit, which the exponential turns into a relative error.
        const double rounding = 4 * kUlp + kUlp / 2 * std::fabs(distance);
        const double tolerance = logarithmic ? 2 * kUlp * (1 + std::fabs(expected)) : rounding * expected + 3e-45;
        CHECK(dst[i] == expected || std::fabs(dst[i] - expected) <= tolerance,
              "width %d, element %d, log %d: %.9g instead of %.9g", int(width), int(i), logarithmic, double(dst[i]),
              expected);
    }
}

static void random_rows(int64_t rows, int64_t width, float centre, float scale, bool logarithmic, bool in_place) {
    test::Guarded<float> src(rows * width);
    test::Guarded<float> dst(rows * width);
    for (int64_t i = 0; i < src.count; i++) {
        src[i] = dst[i] = test::generator() % 20 == 0 ? -kInf : centre + test::uniform(-scale, scale);
    }
    for (int64_t row = 0; row < rows; row++) {
        src[row * width] = dst[row * width] = centre;
    }
    rondo_softmax_f32(in_place ? dst.data : src.data, dst.data, rows, width, logarithmic);
    for (int64_t row = 0; row < rows; row++) {
        check_row(src.data + row * width, dst.data + row * width, width, logarithmic);
    }
}

// The greatest elements in their order against a sort, with many that are equal.
static void likeliest_rows(int64_t rows, int64_t width, int64_t count) {
    test::Guarded<float> src(rows * width), norms(rows);
    test::Guarded<int64_t> ids(rows * count);
    for (int64_t i = 0; i < src.count; i++) {
        src[i] = test::generator() % 5 == 0 ? -kInf : test::generator() % 3 == 0 ? 1 : test::uniform(-3, 3);
    }
    rondo_likeliest_f32(src.data, rows, width, count, ids.data, norms.data);
    for (int64_t row = 0; row < rows; row++) {
        const float *const x = src.data + row * width;
        std::vector<int64_t> order;
        double total = 0;
        for (int64_t i = 0; i < width; i++) {
            total += std::exp(double(x[i]));
            if (x[i] > -kInf) {
                order.push_back(i);
            }
        }
        std::stable_sort(order.begin(), order.end(), [&](int64_t a, int64_t b) { return x[a] > x[b]; });
        order.resize(order.size() < size_t(count) ? size_t(count) : order.size(), -1);
        for (int64_t i = 0; i < count; i++) {
            CHECK(ids[row * count + i] == order[i], "width %d, place %d: %d instead of %d", int(width), int(i),
                  int(ids[row * count + i]), int(order[i]));
        }
        CHECK(total == 0 || std::fabs(norms[row] - std::log(total)) <= 4e-7 * (1 + std::fabs(std::log(total))),
              "width %d: %.9g instead of %.9g", int(width), double(norms[row]), std::log(total));
    }
}

// One special value spoils its row, and no other one.
static void spoiled_row(int64_t width, float value, bool everywhere, bool logarithmic) {
    test::Guarded<float> src(2 * width);
    test::Guarded<float> dst(2 * width);
    for (int64_t position = 0; position < width; position++) {
        for (int64_t i = 0; i < 2 * width; i++) {
            src[i] = i == position || (everywhere && i < width) ? value : test::uniform(-3, 3);
        }
        rondo_softmax_f32(src.data, dst.data, 2, width, logarithmic);
        for (int64_t i = 0; i < width; i++) {
            CHECK(std::isnan(dst[i]), "width %d, element %d: %g", int(width), int(i), double(dst[i]));
        }
        check_row(src.data + width, dst.data + width, width, logarithmic);
    }
}

// Rows whose greatest element comes late, so that sums of the blocks before it are of another scale.
static void late_rows(int64_t width, int64_t begin, float slope) {
    test::Guarded<float> src(width), dst(width), norms(1);
    test::Guarded<int64_t> ids(3);
    double top = -kInf, total = 0;
    for (int64_t i = 0; i < width; i++) {
        src[i] = i < begin ? -kInf : slope * float(i) + test::uniform(-1, 1);
        top = std::fmax(top, src[i]);
    }
    for (int64_t i = 0; i < width; i++) {
        total += std::exp(double(src[i]) - top);
    }
    for (const bool logarithmic : {false, true}) {
        rondo_softmax_f32(src.data, dst.data, 1, width, logarithmic);
        check_row(src.data, dst.data, width, logarithmic);
    }
    rondo_likeliest_f32(src.data, 1, width, 3, ids.data, norms.data);
    const double norm = top + std::log(total);
    CHECK(test::near(norms[0], norm, 4e-7 * (1 + std::fabs(norm))), "width %d, from %d on: %.9g instead of %.9g",
          int(width), int(begin), double(norms[0]), norm);
}

// What one special value makes of the sum of a row of several blocks.
static void spoiled_norm(int64_t width, float value, bool everywhere, float expected) {
    test::Guarded<float> src(width), dst(width), norms(1);
    test::Guarded<int64_t> ids(3);
    for (int64_t position = 0; position < width; position += 499) {
        for (int64_t i = 0; i < width; i++) {
            src[i] = i == position || everywhere ? value : i < position ? -kInf : test::uniform(-3, 3);
        }
        rondo_likeliest_f32(src.data, 1, width, 3, ids.data, norms.data);
        CHECK(test::near(norms[0], expected, 0), "width %d, %g at %d: %g", int(width), double(value), int(position),
              double(norms[0]));
        rondo_softmax_f32(src.data, dst.data, 1, width, true);
        CHECK(std::isnan(dst[width - 1]), "width %d, %g at %d: %g", int(width), double(value), int(position),
              double(dst[width - 1]));
    }
}

// Beside 0, entries this far below leave the sum at 1: the result is the exponential itself.
static void exponential() {
    constexpr int64_t kWidth = 32;
    test::Guarded<float> src(kWidth);
    test::Guarded<float> dst(kWidth);
    src[0] = 0;
    double worst = 0;
    for (float begin = -22; begin > -120; begin -= 0.01f) {
        for (int64_t i = 1; i < kWidth; i++) {
            src[i] = begin + test::uniform(-0.01f, 0);
        }
        rondo_softmax_f32(src.data, dst.data, 1, kWidth, 0);
        CHECK(dst[0] == 1, "%.9g", double(dst[0]));
        for (int64_t i = 1; i < kWidth; i++) {
            const double expected = std::exp(static_cast<double>(src[i]));
            const double error = std::fabs(dst[i] - expected);
            CHECK(error <= 2e-7 * expected + (src[i] < -87 ? 1.5e-45 : 0), "exp(%.9g) = %.9g instead of %.9g",
                  double(src[i]), double(dst[i]), expected);
            CHECK(src[i] > -104 || dst[i] == 0, "exp(%.9g) = %.9g", double(src[i]), double(dst[i]));
            worst = src[i] > -87 ? std::fmax(worst, error / expected) : worst;
        }
    }
    std::printf("exp: relative error %.2g\n", worst);

    for (int64_t i = 1; i < kWidth; i++) {
        src[i] = i % 2 ? -kInf : -3e38f;
    }
    rondo_softmax_f32(src.data, dst.data, 1, kWidth, 0);
    for (int64_t i = 0; i < kWidth; i++) {
        CHECK(dst[i] == (i == 0 ? 1 : 0), "element %d: %.9g", int(i), double(dst[i]));
    }
}

static void all_rows(int64_t rows, int64_t width) {
    for (const bool logarithmic : {false, true}) {
        for (const bool in_place : {false, true}) {
            random_rows(rows, width, 0, 1, logarithmic, in_place);
            random_rows(rows, width, -300, 50, logarithmic, in_place);
            random_rows(rows, width, 300, 50, logarithmic, in_place);
        }
    }
}

void test::softmax() {
    for (int64_t width = 1; width <= 70; width++) {
        all_rows(3, width);
        likeliest_rows(3, width, 1 + width % 7);
        for (const bool logarithmic : {false, true}) {
            spoiled_row(width, kNan, false, logarithmic);
            spoiled_row(width, kInf, false, logarithmic);
            spoiled_row(width, -kInf, true, logarithmic);
        }
    }
    for (const int64_t width : {127, 256, 257, 1023, 1024, 1025, 3001, 50000}) {
        all_rows(2, width);
        likeliest_rows(2, width, width % 2 == 0 ? 12 : 150);
    }
    for (const int64_t width : {2500, 5001}) {
        late_rows(width, 0, 0.1f);
        late_rows(width, 0, -0.1f);
        late_rows(width, 2100, 0);
        late_rows(width, width - 1, 0);
        spoiled_norm(width, kNan, false, kNan);
        spoiled_norm(width, kInf, false, kNan);
        spoiled_norm(width, -kInf, true, -kInf);
    }
    random_rows(0, 5, 0, 1, false, false);
    exponential();
}
