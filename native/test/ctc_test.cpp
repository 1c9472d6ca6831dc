#include <initializer_list>
#include <vector>

#include "check.h"
#include "rondo_kernels.h"

namespace {

// Arguments with buffers of their own: normalised random probabilities, lengths from longest to shortest.
struct Case {
    test::Guarded<float> log_probs;
    test::Guarded<int64_t> targets, input_lengths, target_lengths;
    test::Guarded<double> alpha;
    rondo_ctc arguments;

    Case(int64_t steps, int64_t batch, int64_t classes, int64_t width, int64_t blank, int32_t reduction)
        : log_probs(steps * batch * classes),
          targets(batch * width),
          input_lengths(batch),
          target_lengths(batch),
          alpha(batch * steps * (2 * width + 1)),
          arguments{steps,
                    batch,
                    classes,
                    width,
                    log_probs.data,
                    targets.data,
                    input_lengths.data,
                    target_lengths.data,
                    blank,
                    alpha.data,
                    0,
                    reduction} {
        for (int64_t row = 0; row < steps * batch; row++) {
            float *const x = log_probs.data + row * classes;
            double total = 0;
            for (int64_t c = 0; c < classes; c++) {
                x[c] = test::uniform(-3, 3);
                total += std::exp(x[c]);
            }
            for (int64_t c = 0; c < classes; c++) {
                x[c] = static_cast<float>(x[c] - std::log(total));
            }
        }
        for (int64_t i = 0; i < targets.count; i++) {
            const int64_t other = static_cast<int64_t>(test::generator() % (classes - 1));
            targets[i] = other < blank ? other : other + 1;
        }
        for (int64_t n = 0; n < batch; n++) {
            input_lengths[n] = steps - n % (steps + 1);
            target_lengths[n] = (width + n) % (width + 1);
        }
    }

    int64_t losses() const { return arguments.reduction == RONDO_REDUCTION_NONE ? arguments.batch : 1; }
    double share(int64_t n) {
        const double labels = static_cast<double>(target_lengths[n] > 1 ? target_lengths[n] : 1);
        return arguments.reduction == RONDO_REDUCTION_MEAN ? 1 / labels / static_cast<double>(arguments.batch) : 1;
    }
    int64_t at(int64_t t, int64_t n, int64_t c) const {
        return (t * arguments.batch + n) * arguments.classes + c;
    }
};

// Whether a path gives the sample's labels: repeats merged, then blanks removed.
bool gives(Case &c, int64_t n, const std::vector<int64_t> &path) {
    std::vector<int64_t> labels;
    for (size_t t = 0; t < path.size(); t++) {
        if (path[t] != c.arguments.blank && (t == 0 || path[t] != path[t - 1])) {
            labels.push_back(path[t]);
        }
    }
    const int64_t *const target = c.targets.data + n * c.arguments.width;
    return labels == std::vector<int64_t>(target, target + c.target_lengths[n]);
}

// The probability of the sample's labels by trying all paths; passing[t * classes + c] is that of those through c.
double all_paths(Case &c, int64_t n, std::vector<double> &passing) {
    const int64_t steps = c.input_lengths[n], classes = c.arguments.classes;
    passing.assign(c.arguments.steps * classes, 0);
    std::vector<int64_t> path(steps, 0);
    double total = 0;
    while (true) {
        if (gives(c, n, path)) {
            double log_p = 0;
            for (int64_t t = 0; t < steps; t++) {
                log_p += c.log_probs[c.at(t, n, path[t])];
            }
            total += std::exp(log_p);
            for (int64_t t = 0; t < steps; t++) {
                passing[t * classes + path[t]] += std::exp(log_p);
            }
        }
        int64_t t = 0;
        while (t < steps && ++path[t] == classes) {
            path[t++] = 0;
        }
        if (t == steps) {
            return total;
        }
    }
}

void check(Case &c) {
    const rondo_ctc &a = c.arguments;
    test::Guarded<float> loss(c.losses()), diff_loss(c.losses()), diff(c.log_probs.count);
    test::Guarded<double> scratch(2 * a.width + 1);
    test::fill(diff_loss, 2);
    const int64_t bad = rondo_ctc_f32(&a, loss.data);
    CHECK(bad == -1, "sample %d", int(bad));
    rondo_ctc_backward_f32(&a, diff_loss.data, scratch.data, diff.data);

    double sum = 0;
    for (int64_t n = 0; n < a.batch; n++) {
        std::vector<double> passing;
        const double p = all_paths(c, n, passing);
        const double expected = p == 0 && a.zero_infinity ? 0 : -std::log(p);
        if (a.reduction == RONDO_REDUCTION_NONE) {
            CHECK(test::near(loss[n], expected, 1e-6 * (1 + std::fabs(expected))), "sample %d: %.9g instead of %.9g",
                  int(n), double(loss[n]), expected);
        }
        sum += expected * c.share(n);
        const double scale = diff_loss[c.losses() == 1 ? 0 : n] * c.share(n);
        for (int64_t t = 0; t < a.steps; t++) {
            for (int64_t k = 0; k < a.classes; k++) {
                double gradient = 0;
                if (t < c.input_lengths[n] && !(p == 0 && a.zero_infinity)) {
                    gradient = scale * (std::exp(c.log_probs[c.at(t, n, k)]) - passing[t * a.classes + k] / p);
                }
                CHECK(test::near(diff[c.at(t, n, k)], gradient, 1e-6 * std::fabs(scale)),
                      "step %d, sample %d, class %d: %.9g instead of %.9g", int(t), int(n), int(k),
                      double(diff[c.at(t, n, k)]), gradient);
            }
        }
    }
    if (a.reduction != RONDO_REDUCTION_NONE) {
        CHECK(test::near(loss[0], sum, 1e-6 * (1 + std::fabs(sum))), "%.9g instead of %.9g", double(loss[0]), sum);
    }
}

void small_ones() {
    for (const int32_t reduction : {RONDO_REDUCTION_NONE, RONDO_REDUCTION_MEAN, RONDO_REDUCTION_SUM}) {
        for (const int32_t zero_infinity : {0, 1}) {
            for (int64_t steps = 0; steps <= 5; steps++) {
                for (int64_t width = 0; width <= 3; width++) {
                    for (int64_t blank = 0; blank < 4; blank++) {
                        Case c(steps, 3, 4, width, blank, reduction);
                        c.arguments.zero_infinity = zero_infinity;
                        if (width >= 2) {
                            c.targets[1] = c.targets[0];  // a label that is repeated
                        }
                        check(c);
                    }
                }
            }
        }
    }
    Case wide(3, 2, 37, 2, 36, RONDO_REDUCTION_SUM);
    check(wide);
}

// Sums over many paths: the gradient of each step sums to 0.
void long_ones() {
    Case c(2000, 2, 5, 100, 2, RONDO_REDUCTION_NONE);
    test::Guarded<float> loss(2), diff_loss(2), diff(c.log_probs.count);
    test::Guarded<double> scratch(201);
    diff_loss[0] = diff_loss[1] = 1;
    rondo_ctc_f32(&c.arguments, loss.data);
    rondo_ctc_backward_f32(&c.arguments, diff_loss.data, scratch.data, diff.data);
    for (int64_t n = 0; n < 2; n++) {
        CHECK(std::isfinite(loss[n]) && loss[n] > 100, "%g", double(loss[n]));
        for (int64_t t = 0; t < c.input_lengths[n]; t++) {
            double sum = 0;
            for (int64_t k = 0; k < 5; k++) {
                sum += diff[c.at(t, n, k)];
            }
            CHECK(test::near(sum, 0, 2e-6), "step %d, sample %d: %g", int(t), int(n), sum);
        }
    }
}

void bad_sample(int64_t sample, void (*spoil)(Case &, int64_t)) {
    Case c(4, 3, 5, 2, 1, RONDO_REDUCTION_NONE);
    for (int64_t n = 0; n < 3; n++) {
        c.target_lengths[n] = 2;
    }
    for (int64_t n = sample; n < 3; n++) {
        spoil(c, n);
    }
    test::Guarded<float> loss(3);
    const int64_t bad = rondo_ctc_f32(&c.arguments, loss.data);
    CHECK(bad == sample, "sample %d instead of %d", int(bad), int(sample));
    CHECK(loss.is_untouched(0) && loss.is_untouched(1) && loss.is_untouched(2), "sample %d", int(sample));
    CHECK(c.alpha.is_untouched(0), "sample %d", int(sample));
}

}  // namespace

void test::ctc() {
    small_ones();
    long_ones();
    for (int64_t sample = 0; sample < 3; sample++) {
        bad_sample(sample, [](Case &c, int64_t n) { c.input_lengths[n] = 5; });
        bad_sample(sample, [](Case &c, int64_t n) { c.input_lengths[n] = -1; });
        bad_sample(sample, [](Case &c, int64_t n) { c.target_lengths[n] = 3; });
        bad_sample(sample, [](Case &c, int64_t n) { c.target_lengths[n] = INT64_MIN; });
        bad_sample(sample, [](Case &c, int64_t n) { c.targets[2 * n + 1] = 5; });
        bad_sample(sample, [](Case &c, int64_t n) { c.targets[2 * n + 1] = -1; });
        bad_sample(sample, [](Case &c, int64_t n) { c.targets[2 * n] = 1; });  // the blank
    }
}
