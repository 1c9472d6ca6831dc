#include <initializer_list>
#include <limits>
#include <vector>

#include "check.h"
#include "rondo_kernels.h"

namespace {

constexpr float kInf = std::numeric_limits<float>::infinity();
constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

// Arguments with buffers of their own: rows of random logits, every fourth target ignored.
struct Case {
    test::Guarded<float> logits, class_weight;
    test::Guarded<int64_t> targets;
    rondo_cross_entropy arguments;

    Case(int64_t rows, int64_t classes, float scale, bool weighted, float smoothing, int32_t reduction,
         int64_t ignore_index = -100)
        : logits(rows * classes),
          class_weight(weighted ? classes : 0),
          targets(rows),
          arguments{rows,         classes,   logits.data, targets.data, weighted ? class_weight.data : nullptr,
                    ignore_index, smoothing, reduction} {
        test::fill(logits, scale);
        for (int64_t i = 0; i < class_weight.count; i++) {
            class_weight[i] = test::uniform(0.1f, 2);
        }
        for (int64_t i = 0; i < rows; i++) {
            targets[i] = i % 4 == 2 ? ignore_index : static_cast<int64_t>(test::generator() % classes);
        }
    }

    int64_t losses() const { return arguments.reduction == RONDO_REDUCTION_NONE ? arguments.rows : 1; }
    bool counts(int64_t row) { return targets[row] != arguments.ignore_index; }
    double weight(int64_t c) { return arguments.class_weight ? class_weight[c] : 1; }
    float *row(int64_t i) { return logits.data + i * arguments.classes; }

    double divisor() {
        double total = 0;
        for (int64_t i = 0; i < arguments.rows; i++) {
            total += counts(i) ? weight(targets[i]) : 0;
        }
        return arguments.reduction == RONDO_REDUCTION_MEAN ? total : 1;
    }
};

std::vector<double> log_softmax(const float *x, int64_t classes) {
    double top = -kInf, total = 0;
    for (int64_t c = 0; c < classes; c++) {
        top = std::fmax(top, x[c]);
    }
    for (int64_t c = 0; c < classes; c++) {
        total += std::exp(x[c] - top);
    }
    std::vector<double> result;
    for (int64_t c = 0; c < classes; c++) {
        result.push_back(x[c] - top - std::log(total));
    }
    return result;
}

// What each class of a row counts: the loss is the sum of coefficient * -log p.
std::vector<double> coefficients(Case &c, int64_t row) {
    const double s = c.arguments.label_smoothing;
    std::vector<double> result;
    for (int64_t i = 0; i < c.arguments.classes; i++) {
        result.push_back(c.weight(i) *
                         ((i == c.targets[row] ? 1 - s : 0) + s / static_cast<double>(c.arguments.classes)));
    }
    return result;
}

void check_loss(Case &c) {
    test::Guarded<float> loss(c.losses());
    const int64_t bad = rondo_cross_entropy_f32(&c.arguments, loss.data);
    CHECK(bad == -1, "position %d", int(bad));

    double total = 0, magnitude = 0;
    for (int64_t row = 0; row < c.arguments.rows; row++) {
        double row_loss = 0, row_magnitude = 0;
        if (c.counts(row)) {
            const std::vector<double> log_p = log_softmax(c.row(row), c.arguments.classes), k = coefficients(c, row);
            for (int64_t i = 0; i < c.arguments.classes; i++) {
                row_loss -= k[i] * log_p[i];
                row_magnitude += k[i] * (1 + std::fabs(log_p[i]));
            }
        }
        if (c.arguments.reduction == RONDO_REDUCTION_NONE) {
            CHECK(test::near(loss[row], row_loss, 4e-7 * row_magnitude), "%d classes, row %d: %.9g instead of %.9g",
                  int(c.arguments.classes), int(row), double(loss[row]), row_loss);
        }
        total += row_loss;
        magnitude += row_magnitude;
    }
    if (c.arguments.reduction != RONDO_REDUCTION_NONE) {
        CHECK(test::near(loss[0], total / c.divisor(), 4e-7 * magnitude / c.divisor()), "%d classes: %.9g, not %.9g",
              int(c.arguments.classes), double(loss[0]), total / c.divisor());
    }
}

void check_gradient(Case &c, bool in_place) {
    test::Guarded<float> diff_loss(c.losses()), diff_logits(c.logits.count);
    test::fill(diff_loss, 2);
    if (in_place) {
        test::copy(c.logits, diff_logits);
    }
    rondo_cross_entropy arguments = c.arguments;
    arguments.logits = in_place ? diff_logits.data : arguments.logits;
    rondo_cross_entropy_backward_f32(&arguments, diff_loss.data, diff_logits.data);

    for (int64_t row = 0; row < c.arguments.rows; row++) {
        const double scale = diff_loss[c.losses() == c.arguments.rows ? row : 0] / c.divisor();
        const std::vector<double> log_p = log_softmax(c.row(row), c.arguments.classes), k = coefficients(c, row);
        double all = 0;
        for (const double coefficient : k) {
            all += coefficient;
        }
        for (int64_t i = 0; i < c.arguments.classes; i++) {
            const double p = std::exp(log_p[i]);
            const double expected = c.counts(row) ? scale * (all * p - k[i]) : 0;
            const double rounding = 4e-7 + (p == 0 ? 0 : 1.2e-7 * std::fabs(log_p[i]));
            const double actual = diff_logits[row * c.arguments.classes + i];
            CHECK(test::near(actual, expected, std::fabs(scale) * (rounding * all * p + 4e-7 * k[i]) + 1e-44),
                  "%d classes, row %d, class %d: %.9g instead of %.9g", int(c.arguments.classes), int(row), int(i),
                  actual, expected);
        }
    }
}

void all_settings(int64_t rows, int64_t classes, float scale) {
    for (const int32_t reduction : {RONDO_REDUCTION_NONE, RONDO_REDUCTION_MEAN, RONDO_REDUCTION_SUM}) {
        for (const float smoothing : {0.0f, 0.1f, 1.0f}) {
            for (const bool weighted : {false, true}) {
                Case c(rows, classes, scale, weighted, smoothing, reduction);
                check_loss(c);
                check_gradient(c, false);
                check_gradient(c, true);
            }
        }
    }
}

void bad_target(int64_t position, int64_t target) {
    Case c(9, 7, 1, true, 0.1f, RONDO_REDUCTION_NONE);
    for (int64_t i = position; i < 9; i++) {
        c.targets[i] = i == position + 1 ? 0 : target;
    }
    test::Guarded<float> loss(9);
    const int64_t bad = rondo_cross_entropy_f32(&c.arguments, loss.data);
    CHECK(bad == position, "position %d instead of %d", int(bad), int(position));
    for (int64_t i = 0; i < 9; i++) {
        CHECK(loss.is_untouched(i), "row %d", int(i));
    }
}

void none_counts(int32_t reduction, float smoothing, bool weighted) {
    Case c(3, 5, 1, weighted, smoothing, reduction);
    for (int64_t i = 0; i < 3; i++) {
        c.targets[i] = -100;
    }
    test::Guarded<float> loss(c.losses()), diff_loss(c.losses()), diff_logits(15);
    test::fill(diff_loss, 1);
    const int64_t bad = rondo_cross_entropy_f32(&c.arguments, loss.data);
    CHECK(bad == -1, "position %d", int(bad));
    for (int64_t i = 0; i < loss.count; i++) {
        CHECK(test::near(loss[i], reduction == RONDO_REDUCTION_MEAN ? kNan : 0, 0), "%g", double(loss[i]));
    }
    rondo_cross_entropy_backward_f32(&c.arguments, diff_loss.data, diff_logits.data);
    for (int64_t i = 0; i < 15; i++) {
        CHECK(diff_logits[i] == 0, "element %d: %g", int(i), double(diff_logits[i]));
    }
}

// One NaN or +inf spoils its row, and no other one.
void spoiled_row(int64_t classes, float value) {
    for (int64_t position = 0; position < classes; position++) {
        Case c(2, classes, 1, false, 0, RONDO_REDUCTION_NONE);
        c.logits[position] = value;
        test::Guarded<float> loss(2), diff_loss(2), diff_logits(2 * classes);
        test::fill(diff_loss, 1);
        rondo_cross_entropy_f32(&c.arguments, loss.data);
        rondo_cross_entropy_backward_f32(&c.arguments, diff_loss.data, diff_logits.data);
        CHECK(std::isnan(loss[0]) && std::isfinite(loss[1]), "%g %g", double(loss[0]), double(loss[1]));
        for (int64_t i = 0; i < 2 * classes; i++) {
            CHECK(i < classes ? std::isnan(diff_logits[i]) : std::isfinite(diff_logits[i]),
                  "%d classes, element %d: %g", int(classes), int(i), double(diff_logits[i]));
        }
    }
}

// Classes that cannot be: as the target they cost infinitely much, else nothing, unless the loss is smoothed.
void impossible_classes() {
    for (const float smoothing : {0.0f, 0.1f}) {
        Case c(2, 3, 1, false, smoothing, RONDO_REDUCTION_NONE);
        c.logits[1] = c.logits[4] = -kInf;
        c.targets[0] = 0;
        c.targets[1] = 1;
        test::Guarded<float> loss(2);
        rondo_cross_entropy_f32(&c.arguments, loss.data);
        CHECK((loss[0] == kInf) == (smoothing != 0) && loss[0] > 0, "%g", double(loss[0]));
        CHECK(loss[1] == kInf, "%g", double(loss[1]));
        check_gradient(c, false);
    }
}

}  // namespace

void test::cross_entropy() {
    for (int64_t classes = 1; classes <= 70; classes++) {
        all_settings(5, classes, 3);
    }
    for (const int64_t classes : {10, 1023, 1024, 1025, 20000}) {
        all_settings(4, classes, 100);
        all_settings(4, classes, 1e37f);
    }
    all_settings(2000, 3, 3);
}

void test::cross_entropy_edges() {
    for (const int64_t target : {int64_t(-1), int64_t(7), INT64_MIN, INT64_MAX, int64_t(1) << 32, int64_t(-99)}) {
        for (int64_t position = 0; position < 9; position++) {
            bad_target(position, target);
        }
    }
    for (const int32_t reduction : {RONDO_REDUCTION_NONE, RONDO_REDUCTION_MEAN, RONDO_REDUCTION_SUM}) {
        for (const float smoothing : {0.0f, 0.1f}) {
            none_counts(reduction, smoothing, false);
            none_counts(reduction, smoothing, true);
            Case c(20, 4, 1, true, smoothing, reduction, 2);  // a class is ignored
            check_loss(c);
            check_gradient(c, false);
        }
    }
    for (const int64_t classes : {1, 2, 15, 16, 17, 40}) {
        spoiled_row(classes, kNan);
        spoiled_row(classes, kInf);
    }
    impossible_classes();
}
