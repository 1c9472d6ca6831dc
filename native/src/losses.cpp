#include "elementwise.h"
#include "kernels.h"
#include "sum.h"

namespace rondo::RONDO_ISA {

namespace {

// The losses: what an element loses, and the gradient of that with respect to x. t is the target.
struct SquaredError {
    vec loss(vec x, vec t) const { return (x - t) * (x - t); }
    vec gradient(vec x, vec t) const { return 2.0f * (x - t); }
};

struct AbsoluteError {
    vec loss(vec x, vec t) const { return abs(x - t); }
    vec gradient(vec x, vec t) const {
        const vec d = x - t;
        return d > 0.0f ? splat(1) : (d < 0.0f ? splat(-1) : d);
    }
};

struct Huber {
    float delta;

    vec loss(vec x, vec t) const {
        const vec d = abs(x - t);
        return d < delta ? 0.5f * d * d : delta * (d - 0.5f * delta);
    }
    vec gradient(vec x, vec t) const {
        const vec d = x - t;
        return d > delta ? splat(delta) : (d < -delta ? splat(-delta) : d);
    }
};

struct SmoothAbsoluteError {
    float beta;

    vec loss(vec x, vec t) const {
        const vec d = abs(x - t);
        return d < beta ? 0.5f * d * d / beta : d - 0.5f * beta;
    }
    vec gradient(vec x, vec t) const {
        const vec d = x - t;
        return d >= beta ? splat(1) : (d <= -beta ? splat(-1) : d / beta);
    }
};

struct BinaryCrossEntropy {
    vec loss(vec x, vec t) const { return (t - 1.0f) * clamped(log1p(-x)) - t * clamped(log(x)); }
    vec gradient(vec x, vec t) const { return (x - t) / max(splat(1e-12f), (1.0f - x) * x); }

private:
    static vec clamped(vec logarithm) { return max(splat(-100), logarithm); }
};

struct BinaryCrossEntropyWithLogits {
    vec loss(vec x, vec t) const { return (1.0f - t) * x - (x < 0.0f ? x : vec{}) + log1p(exp(-abs(x))); }
    vec gradient(vec x, vec t) const { return sigmoid(x) - t; }
};

// use(loss of that kind)
template <class Use>
void with_loss(int32_t kind, float parameter, Use use) {
    switch (kind) {
        case RONDO_LOSS_MSE:
            return use(SquaredError{});
        case RONDO_LOSS_HUBER:
            return use(Huber{parameter});
        case RONDO_LOSS_SMOOTH_L1:
            return parameter == 0 ? use(AbsoluteError{}) : use(SmoothAbsoluteError{parameter});
        case RONDO_LOSS_BCE:
            return use(BinaryCrossEntropy{});
        case RONDO_LOSS_BCE_LOGITS:
            return use(BinaryCrossEntropyWithLogits{});
        default:
            return use(AbsoluteError{});
    }
}

}  // namespace

void pointwise_loss(int32_t kind, float parameter, const float *x, const float *target, const float *weight,
                    int64_t count, int32_t reduction, float *loss) {
    with_loss(kind, parameter, [&](auto function) {
        Sum sum;
        for_each_vec(count, [&](int64_t i, auto lanes) {
            vec term = function.loss(lanes.load(x + i), lanes.load(target + i));
            if (weight) {
                term *= lanes.load(weight + i);
            }
            if (reduction == RONDO_REDUCTION_NONE) {
                lanes.store(loss + i, term);
            } else {
                sum.add(lanes.only(term));
            }
        });
        if (reduction != RONDO_REDUCTION_NONE) {
            const double divisor = reduction == RONDO_REDUCTION_MEAN ? static_cast<double>(count) : 1;
            *loss = static_cast<float>(sum.total() / divisor);
        }
    });
}

void pointwise_loss_backward(int32_t kind, float parameter, const float *x, const float *target, const float *weight,
                             int64_t count, int32_t reduction, const float *diff_loss, float *diff_x) {
    float all = 0;
    if (reduction != RONDO_REDUCTION_NONE && count > 0) {
        all = reduction == RONDO_REDUCTION_MEAN ? *diff_loss / static_cast<float>(count) : *diff_loss;
    }
    with_loss(kind, parameter, [&](auto function) {
        for_each_vec(count, [&](int64_t i, auto lanes) {
            vec diff = reduction == RONDO_REDUCTION_NONE ? lanes.load(diff_loss + i) : splat(all);
            if (weight) {
                diff *= lanes.load(weight + i);
            }
            lanes.store(diff_x + i, diff * function.gradient(lanes.load(x + i), lanes.load(target + i)));
        });
    });
}

}  // namespace rondo::RONDO_ISA
