#include <math.h>

#include "elementwise.h"
#include "kernels.h"

// Connectionist temporal classification (Graves et al. 2006, equations 6 to 15). The labels of a sample are extended
// by blanks: b l1 b l2 b … b. A path through them begins at the first or second, stays, goes on to the next, or skips
// a blank between two labels that differ.
namespace rondo::RONDO_ISA {

namespace {

double log_sum_exp(double a, double b, double c) {
    const double top = a > b ? (a > c ? a : c) : (b > c ? b : c);
    if (!(top > -INFINITY)) {
        return a + b + c;  // -inf, or NaN
    }
    return top + ::log(::exp(a - top) + ::exp(b - top) + ::exp(c - top));
}

struct Sample {
    const rondo_ctc &arguments;
    const int64_t n;
    const int64_t steps = arguments.input_lengths[n];
    const int64_t labels = arguments.target_lengths[n];
    const int64_t states = 2 * labels + 1;

    const int64_t *targets() const { return arguments.targets + n * arguments.width; }
    int64_t row_size() const { return 2 * arguments.width + 1; }
    double *alpha(int64_t t) const { return arguments.alpha + (n * arguments.steps + t) * row_size(); }
    int64_t position(int64_t t) const { return (t * arguments.batch + n) * arguments.classes; }

    int64_t class_of(int64_t state) const { return state % 2 == 0 ? arguments.blank : targets()[state / 2]; }
    bool skips_to(int64_t state) const {
        return state % 2 == 1 && state >= 2 && targets()[state / 2] != targets()[state / 2 - 1];
    }

    bool good() const {
        if (steps < 0 || steps > arguments.steps || labels < 0 || labels > arguments.width) {
            return false;
        }
        for (int64_t i = 0; i < labels; i++) {
            const int64_t label = targets()[i];
            if (label < 0 || label >= arguments.classes || label == arguments.blank) {
                return false;
            }
        }
        return true;
    }

    // The logarithms of the probabilities of all beginnings of paths, and that of all paths.
    double forward() const {
        if (steps == 0) {
            return labels == 0 ? 0 : -INFINITY;
        }
        for (int64_t t = 0; t < steps; t++) {
            const float *const x = arguments.log_probs + position(t);
            const double *const before = alpha(t - 1);  // looked at from the second step on
            double *const now = alpha(t);
            for (int64_t s = 0; s < states; s++) {
                const double reached = t == 0 ? (s < 2 ? 0 : -INFINITY)
                                              : log_sum_exp(before[s], s >= 1 ? before[s - 1] : -INFINITY,
                                                            skips_to(s) ? before[s - 2] : -INFINITY);
                now[s] = reached + x[class_of(s)];
            }
        }
        return total();
    }

    double total() const {
        if (steps == 0) {
            return labels == 0 ? 0 : -INFINITY;
        }
        const double *const last = alpha(steps - 1);
        return log_sum_exp(last[states - 1], states > 1 ? last[states - 2] : -INFINITY, -INFINITY);
    }

    double loss() const {
        const double loss = -forward();
        return arguments.zero_infinity && loss == INFINITY ? 0 : loss;
    }

    // What this sample's loss counts in the result.
    double share() const {
        return arguments.reduction == RONDO_REDUCTION_MEAN
                   ? 1 / (static_cast<double>(labels > 1 ? labels : 1) * static_cast<double>(arguments.batch))
                   : 1;
    }

    // diff_log_probs = scale * (p - the share of all paths that pass there), from the last step to the first.
    void backward(double scale, double *beta, float *diff_log_probs) const {
        const double all = total();
        const bool possible = all != -INFINITY;
        const bool counts = possible || !arguments.zero_infinity;
        scale = possible ? scale : NAN;
        for (int64_t t = counts ? steps : 0; t < arguments.steps; t++) {
            memset(diff_log_probs + position(t), 0, arguments.classes * sizeof(float));
        }
        for (int64_t t = counts ? steps - 1 : -1; t >= 0; t--) {
            // Ends of paths, without what step t itself contributes: state s of beta is filled from the lowest on,
            // which reads what the states above were a step later.
            if (t == steps - 1) {
                for (int64_t s = 0; s < states; s++) {
                    beta[s] = s >= states - 2 ? 0 : -INFINITY;
                }
            } else {
                const float *const next = arguments.log_probs + position(t + 1);
                for (int64_t s = 0; s < states; s++) {
                    const auto end = [&](int64_t to) { return beta[to] + next[class_of(to)]; };
                    beta[s] = log_sum_exp(end(s), s + 1 < states ? end(s + 1) : -INFINITY,
                                          s + 2 < states && skips_to(s + 2) ? end(s + 2) : -INFINITY);
                }
            }
            const float *const x = arguments.log_probs + position(t);
            float *const diff = diff_log_probs + position(t);
            for_each_vec(arguments.classes, [&](int64_t i, auto lanes) {
                lanes.store(diff + i, static_cast<float>(scale) * exp(lanes.load(x + i)));
            });
            double blanks = 0;
            for (int64_t s = 0; s < states; s++) {
                const double passing = ::exp(alpha(t)[s] + beta[s] - all);
                if (s % 2 == 0) {
                    blanks += passing;
                } else {
                    diff[class_of(s)] -= static_cast<float>(scale * passing);
                }
            }
            diff[arguments.blank] -= static_cast<float>(scale * blanks);
        }
    }
};

}  // namespace

int64_t ctc(const rondo_ctc &arguments, float *loss) {
    for (int64_t n = 0; n < arguments.batch; n++) {
        if (!Sample{arguments, n}.good()) {
            return n;
        }
    }
    double sum = 0;
    for (int64_t n = 0; n < arguments.batch; n++) {
        const Sample sample{arguments, n};
        const double sample_loss = sample.loss();
        sum += sample_loss * sample.share();
        if (arguments.reduction == RONDO_REDUCTION_NONE) {
            loss[n] = static_cast<float>(sample_loss);
        }
    }
    if (arguments.reduction != RONDO_REDUCTION_NONE) {
        *loss = static_cast<float>(sum);
    }
    return -1;
}

void ctc_backward(const rondo_ctc &arguments, const float *diff_loss, double *scratch, float *diff_log_probs) {
    for (int64_t n = 0; n < arguments.batch; n++) {
        const Sample sample{arguments, n};
        const double diff = diff_loss[arguments.reduction == RONDO_REDUCTION_NONE ? n : 0];
        sample.backward(diff * sample.share(), scratch, diff_log_probs);
    }
}

}  // namespace rondo::RONDO_ISA
