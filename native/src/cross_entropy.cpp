#include "kernels.h"
#include "softmax.h"
#include "sum.h"

namespace rondo::RONDO_ISA {

namespace {

// A call's arguments, and what all of its rows need.
struct Run {
    const rondo_cross_entropy &arguments;
    const double hit;            // how much the target counts: 1 - s
    const double spread;         // how much each class counts: s / C
    const double class_weights;  // the sum over all classes; not used without smoothing

    explicit Run(const rondo_cross_entropy &a)
        : arguments(a),
          hit(1 - static_cast<double>(a.label_smoothing)),
          spread(static_cast<double>(a.label_smoothing) / static_cast<double>(a.classes)),
          class_weights(a.class_weight ? sum_of_weights(a) : static_cast<double>(a.classes)) {}

    bool smooth() const { return arguments.label_smoothing != 0; }
    const float *logits(int64_t row) const { return arguments.logits + row * arguments.classes; }
    bool counts(int64_t row) const { return arguments.targets[row] != arguments.ignore_index; }

    double target_weight(int64_t row) const {
        return arguments.class_weight ? arguments.class_weight[arguments.targets[row]] : 1;
    }

    // What the summed loss is divided by.
    double divisor() const {
        if (arguments.reduction != RONDO_REDUCTION_MEAN) {
            return 1;
        }
        double total = 0;
        for (int64_t row = 0; row < arguments.rows; row++) {
            total += counts(row) ? target_weight(row) : 0;
        }
        return total;
    }

    double loss(int64_t row) const {
        const float *const x = logits(row);
        const auto [top, log_total] = log_sum_exp(x, arguments.classes);
        const double distance = static_cast<double>(x[arguments.targets[row]]) - top;
        const double loss = hit * target_weight(row) * (log_total - distance);
        return smooth() ? loss + spread * (class_weights * log_total - sum_of_distances(x, top)) : loss;
    }

    // diff_logits of one row that counts, which may lie where its logits are.
    void backward(int64_t row, double diff_loss, float *dst) const {
        const float *const x = logits(row);
        const int64_t classes = arguments.classes;
        const double target = hit * target_weight(row);
        const double total = sum_of_exp(x, classes, maximum(x, classes),
                                        [&](int64_t i, auto lanes, vec e) { lanes.store(dst + i, e); });
        const double all = smooth() ? target + spread * class_weights : target;
        const float factor = static_cast<float>(diff_loss * all / total);
        const float off = static_cast<float>(smooth() ? diff_loss * spread : 0);

        for_each_vec(classes, [&](int64_t i, auto lanes) {
            const vec y = lanes.load(dst + i) * factor;
            if (!smooth()) {
                lanes.store(dst + i, y);
            } else if (arguments.class_weight) {
                lanes.store(dst + i, y - off * lanes.load(arguments.class_weight + i));
            } else {
                lanes.store(dst + i, y - off);
            }
        });
        dst[arguments.targets[row]] -= static_cast<float>(diff_loss * target);
    }

private:
    static double sum_of_weights(const rondo_cross_entropy &a) {
        Sum weights;
        for_each_vec(a.classes, [&](int64_t i, auto lanes) { weights.add(lanes.load(a.class_weight + i)); });
        return weights.total();
    }

    // sum_c w_c (x_c - top)
    double sum_of_distances(const float *x, float top) const {
        Sum distances;
        for_each_vec(arguments.classes, [&](int64_t i, auto lanes) {
            const vec distance = lanes.load(x + i, top) - top;
            distances.add(arguments.class_weight ? lanes.load(arguments.class_weight + i) * distance : distance);
        });
        return distances.total();
    }
};

}  // namespace

int64_t cross_entropy(const rondo_cross_entropy &arguments, float *loss) {
    const Run run(arguments);
    for (int64_t row = 0; row < arguments.rows; row++) {
        if (run.counts(row) && (arguments.targets[row] < 0 || arguments.targets[row] >= arguments.classes)) {
            return row;
        }
    }
    double total = 0;
    for (int64_t row = 0; row < arguments.rows; row++) {
        const double row_loss = run.counts(row) ? run.loss(row) : 0;
        total += row_loss;
        if (arguments.reduction == RONDO_REDUCTION_NONE) {
            loss[row] = static_cast<float>(row_loss);
        }
    }
    if (arguments.reduction != RONDO_REDUCTION_NONE) {
        *loss = static_cast<float>(total / run.divisor());
    }
    return -1;
}

void cross_entropy_backward(const rondo_cross_entropy &arguments, const float *diff_loss, float *diff_logits) {
    const Run run(arguments);
    const double divisor = run.divisor();
    for (int64_t row = 0; row < arguments.rows; row++) {
        float *const dst = diff_logits + row * arguments.classes;
        if (run.counts(row)) {
            run.backward(row, diff_loss[arguments.reduction == RONDO_REDUCTION_NONE ? row : 0] / divisor, dst);
        } else {
            memset(dst, 0, arguments.classes * sizeof(float));
        }
    }
}

}  // namespace rondo::RONDO_ISA
