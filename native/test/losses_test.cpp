#include <initializer_list>
#include <limits>
#include <vector>

#include "check.h"
#include "rondo_kernels.h"

namespace {

constexpr float kInf = std::numeric_limits<float>::infinity();
constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

struct Value {
    double value, magnitude;  // its terms without their signs, to which rounding is relative
};

Value reference_loss(int32_t kind, double parameter, double x, double t) {
    const double d = std::fabs(x - t);
    switch (kind) {
        case RONDO_LOSS_MSE:
            return {d * d, d * d};
        case RONDO_LOSS_L1:
            return {d, d};
        case RONDO_LOSS_HUBER:
            return {d < parameter ? d * d / 2 : parameter * (d - parameter / 2), parameter * (d + parameter)};
        case RONDO_LOSS_SMOOTH_L1:
            return {d < parameter ? d * d / 2 / parameter : d - parameter / 2, d + parameter};
        case RONDO_LOSS_BCE: {
            const double yes = -t * std::fmax(std::log(x), -100), no = (t - 1) * std::fmax(std::log1p(-x), -100);
            return {yes + no, std::fabs(yes) + std::fabs(no)};
        }
        default: {
            const double rest = std::log1p(std::exp(-std::fabs(x)));
            return {(1 - t) * x - std::fmin(x, 0) + rest, t == 0 || t == 1 ? std::fmax(t == 0 ? x : -x, 0) + rest
                                                                          : 2 * std::fabs(x) + rest};
        }
    }
}

Value reference_gradient(int32_t kind, double parameter, double x, double t) {
    const double d = x - t, sign = (d > 0) - (d < 0);
    switch (kind) {
        case RONDO_LOSS_MSE:
            return {2 * d, 2 * std::fabs(d)};
        case RONDO_LOSS_L1:
            return {sign, 0};
        case RONDO_LOSS_HUBER:
            return {std::fabs(d) < parameter ? d : sign * parameter, parameter};
        case RONDO_LOSS_SMOOTH_L1:
            return {std::fabs(d) < parameter ? d / parameter : sign, parameter == 0 ? 0.0 : 1.0};
        case RONDO_LOSS_BCE: {
            const double divisor = std::fmax((1 - x) * x, 1e-12);
            return {d / divisor, std::fabs(d) / divisor};
        }
        default: {
            const double p = 1 / (1 + std::exp(-x));
            return {p - t, p + t};
        }
    }
}

struct Case {
    int32_t kind;
    float parameter;
    test::Guarded<float> x, target, weight;
    const float *used_weight;

    Case(int32_t loss, float delta, int64_t count, bool weighted)
        : kind(loss),
          parameter(delta),
          x(count),
          target(count),
          weight(weighted ? count : 0),
          used_weight(weighted ? weight.data : nullptr) {
        for (int64_t i = 0; i < count; i++) {
            const uint32_t choice = test::generator() % 8;
            if (kind == RONDO_LOSS_BCE) {
                constexpr float kEdges[] = {0, 1, 1e-30f, 1e-43f, 1 - 6e-8f};
                x[i] = choice < 5 ? kEdges[choice] : test::uniform(0, 1);
            } else {
                x[i] = test::uniform(-1, 1) * (choice < 2 ? 100.0f : choice == 2 ? 1e-6f : 2.0f);
            }
            const bool probability = kind == RONDO_LOSS_BCE || kind == RONDO_LOSS_BCE_LOGITS;
            target[i] = probability ? std::fmin(1.0f, test::uniform(0, 2)) : test::uniform(-2, 2);
            target[i] = test::generator() % 4 == 0 ? (probability ? 0 : x[i]) : target[i];
        }
        for (int64_t i = 0; i < weight.count; i++) {
            weight[i] = test::generator() % 4 == 0 ? 0 : test::uniform(0, 2);
        }
    }

    double weight_of(int64_t i) { return used_weight ? weight[i] : 1; }

    void check_loss(int32_t reduction) {
        test::Guarded<float> loss(reduction == RONDO_REDUCTION_NONE ? x.count : 1);
        rondo_pointwise_loss_f32(kind, parameter, x.data, target.data, used_weight, x.count, reduction, loss.data);
        Value total = {};
        for (int64_t i = 0; i < x.count; i++) {
            const Value term = reference_loss(kind, parameter, x[i], target[i]);
            total.value += weight_of(i) * term.value;
            total.magnitude += weight_of(i) * term.magnitude;
            if (reduction == RONDO_REDUCTION_NONE) {
                check(loss[i], weight_of(i) * term.value, weight_of(i) * term.magnitude, i);
            }
        }
        const double divisor = reduction == RONDO_REDUCTION_MEAN ? static_cast<double>(x.count) : 1;
        if (reduction != RONDO_REDUCTION_NONE) {
            check(loss[0], total.value / divisor, total.magnitude / divisor, -1);
        }
    }

    void check_gradient(int32_t reduction, bool in_place) {
        test::Guarded<float> diff_loss(reduction == RONDO_REDUCTION_NONE ? x.count : 1), diff_x(x.count);
        test::fill(diff_loss, 2);
        if (in_place) {
            test::copy(x, diff_x);
        }
        rondo_pointwise_loss_backward_f32(kind, parameter, in_place ? diff_x.data : x.data, target.data, used_weight,
                                          x.count, reduction, diff_loss.data, diff_x.data);
        const double divisor = reduction == RONDO_REDUCTION_MEAN ? static_cast<double>(x.count) : 1;
        for (int64_t i = 0; i < x.count; i++) {
            const double scale = weight_of(i) * diff_loss[reduction == RONDO_REDUCTION_NONE ? i : 0] / divisor;
            const Value gradient = reference_gradient(kind, parameter, x[i], target[i]);
            const double magnitude = std::fmax(std::fabs(gradient.value), gradient.magnitude);
            check(diff_x[i], scale * gradient.value, std::fabs(scale) * magnitude, i);
        }
    }

    void check(double actual, double expected, double magnitude, int64_t i) const {
        // The sigmoid is 0 where it would be subnormal.
        CHECK(test::near(actual, expected, 5e-7 * magnitude + 1.2e-38), "kind %d, count %d, element %d: %.9g, not %.9g",
              int(kind), int(x.count), int(i), actual, expected);
    }
};

void all_settings(int32_t kind, float parameter, int64_t count) {
    for (const bool weighted : {false, true}) {
        for (const int32_t reduction : {RONDO_REDUCTION_NONE, RONDO_REDUCTION_MEAN, RONDO_REDUCTION_SUM}) {
            Case c(kind, parameter, count, weighted);
            c.check_loss(reduction);
            c.check_gradient(reduction, false);
            c.check_gradient(reduction, true);
        }
    }
}

// NaN in x or target gives NaN there, and in a sum.
void spoiled(int32_t kind, int64_t count) {
    for (int64_t position = 0; position < 2 * count; position++) {
        Case c(kind, 1, count, false);
        (position < count ? c.x : c.target)[position % count] = kNan;
        test::Guarded<float> loss(count), total(1), diff_loss(1), diff_x(count);
        diff_loss[0] = 1;
        rondo_pointwise_loss_f32(kind, 1, c.x.data, c.target.data, nullptr, count, RONDO_REDUCTION_NONE, loss.data);
        rondo_pointwise_loss_f32(kind, 1, c.x.data, c.target.data, nullptr, count, RONDO_REDUCTION_SUM, total.data);
        rondo_pointwise_loss_backward_f32(kind, 1, c.x.data, c.target.data, nullptr, count, RONDO_REDUCTION_SUM,
                                          diff_loss.data, diff_x.data);
        CHECK(std::isnan(total[0]), "kind %d, count %d: %g", int(kind), int(count), double(total[0]));
        for (int64_t i = 0; i < count; i++) {
            CHECK(std::isnan(loss[i]) == (i == position % count) && std::isnan(diff_x[i]) == (i == position % count),
                  "kind %d, element %d: %g, %g", int(kind), int(i), double(loss[i]), double(diff_x[i]));
        }
    }
}

float one_loss(int32_t kind, float x, float target) {
    float loss;
    rondo_pointwise_loss_f32(kind, 1, &x, &target, nullptr, 1, RONDO_REDUCTION_SUM, &loss);
    return loss;
}

void edges() {
    for (const float outside : {-1e-3f, 1.001f, -kInf, kInf}) {
        CHECK(std::isnan(one_loss(RONDO_LOSS_BCE, outside, 0.5f)), "%g", double(outside));
    }
    CHECK(one_loss(RONDO_LOSS_BCE, 0, 1) == 100 && one_loss(RONDO_LOSS_BCE, 1, 0) == 100, "not clamped");
    CHECK(one_loss(RONDO_LOSS_BCE, 0, 0) == 0 && one_loss(RONDO_LOSS_BCE, 1, 1) == 0, "not free");
    CHECK(one_loss(RONDO_LOSS_BCE_LOGITS, kInf, 0) == kInf, "finite");
    CHECK(one_loss(RONDO_LOSS_BCE_LOGITS, 3e38f, 0) == 3e38f && one_loss(RONDO_LOSS_BCE_LOGITS, -3e38f, 1) == 3e38f,
          "overflow");
    for (int32_t kind = 0; kind <= 5; kind++) {
        test::Guarded<float> none(0), loss(2);
        rondo_pointwise_loss_f32(kind, 1, none.data, none.data, none.data, 0, RONDO_REDUCTION_MEAN, loss.data);
        rondo_pointwise_loss_f32(kind, 1, none.data, none.data, none.data, 0, RONDO_REDUCTION_SUM, loss.data + 1);
        rondo_pointwise_loss_backward_f32(kind, 1, none.data, none.data, none.data, 0, RONDO_REDUCTION_MEAN,
                                          loss.data, none.data);
        CHECK(std::isnan(loss[0]) && loss[1] == 0, "kind %d: %g, %g", int(kind), double(loss[0]), double(loss[1]));
    }
}

// A sum does not depend on where the arrays lie.
void alignments() {
    constexpr int64_t kCount = 100;
    Case c(RONDO_LOSS_BCE_LOGITS, 0, kCount, false);
    std::vector<float> x(kCount + 17), target(kCount + 17);
    float first = 0;
    for (int64_t shift = 0; shift < 17; shift++) {
        std::memcpy(&x[shift], c.x.data, kCount * sizeof(float));
        std::memcpy(&target[16 - shift], c.target.data, kCount * sizeof(float));
        float loss;
        rondo_pointwise_loss_f32(c.kind, 0, &x[shift], &target[16 - shift], nullptr, kCount, RONDO_REDUCTION_MEAN,
                                 &loss);
        first = shift == 0 ? loss : first;
        CHECK(loss == first, "shift %d: %.9g and %.9g", int(shift), double(loss), double(first));
    }
}

}  // namespace

void test::losses() {
    for (int64_t i = 1; i <= 72; i++) {
        const int64_t count = i == 71 ? 1000 : i == 72 ? 100000 : i;
        all_settings(RONDO_LOSS_MSE, 0, count);
        all_settings(RONDO_LOSS_L1, 0, count);
        all_settings(RONDO_LOSS_HUBER, 0.7f, count);
        all_settings(RONDO_LOSS_SMOOTH_L1, 0.7f, count);
        all_settings(RONDO_LOSS_SMOOTH_L1, 0, count);
        all_settings(RONDO_LOSS_BCE, 0, count);
        all_settings(RONDO_LOSS_BCE_LOGITS, 0, count);
    }
    for (int32_t kind = 0; kind <= 5; kind++) {
        for (const int64_t count : {1, 7, 16, 17, 40}) {
            spoiled(kind, count);
        }
    }
    edges();
    alignments();
}
