// The optimizers of torch.optim: every operation and every constant is rounded where PyTorch rounds it, but for
// multiply-adds and where noted. The settings' arithmetic is done in double precision, as in Python.
#include <math.h>

#include "kernels.h"
#include "vec.h"

namespace rondo::RONDO_ISA {

namespace {

float single(double x) { return static_cast<float>(x); }

// What all optimizers begin with: the scaled gradient, plus the decay of the weights.
struct Gradient {
    const float *gradient;
    float scale;
    float decay;

    template <class Lanes>
    vec load(int64_t i, vec parameter, Lanes lanes) const {
        const vec g = scale * lanes.load(gradient + i);
        return decay != 0 ? g + decay * parameter : g;
    }
};

// torch.lerp, which is exact at both ends.
vec lerp(vec from, vec to, float weight) {
    return weight < 0.5f ? from + weight * (to - from) : to - (to - from) * (1 - weight);
}

}  // namespace

void sgd(const rondo_sgd &settings, float *parameter, const float *gradient, float *momentum_buffer, int64_t count) {
    const Gradient gradients = {gradient, settings.gradient_scale, single(settings.weight_decay)};
    const float lr = single(settings.lr);
    const float momentum = single(settings.momentum);
    const float undampened = single(1 - settings.dampening);

    for_each_vec(count, [&](int64_t i, auto lanes) {
        const vec p = lanes.load(parameter + i);
        vec g = gradients.load(i, p, lanes);
        if (settings.momentum != 0) {
            const vec buffer =
                settings.step > 1 ? momentum * lanes.load(momentum_buffer + i) + undampened * g : g;
            lanes.store(momentum_buffer + i, buffer);
            g = settings.nesterov ? g + momentum * buffer : buffer;
        }
        lanes.store(parameter + i, p - lr * g);
    });
}

void adam(const rondo_adam &settings, float *parameter, const float *gradient, float *exp_avg, float *exp_avg_sq,
          float *max_exp_avg_sq, int64_t count) {
    const double step = static_cast<double>(settings.step);
    const Gradient gradients = {gradient, settings.gradient_scale,
                                settings.decoupled ? 0 : single(settings.weight_decay)};
    // PyTorch multiplies by 1 - lr * weight_decay, whose rounding is the same in all steps and adds up.
    const float shrink = settings.decoupled ? single(settings.lr * settings.weight_decay) : 0;
    const float beta2 = single(settings.beta2);
    const float weight1 = single(1 - settings.beta1);
    const float weight2 = single(1 - settings.beta2);
    const float step_size = single(settings.lr / (1 - pow(settings.beta1, step)));
    const float correction = single(::sqrt(1 - pow(settings.beta2, step)));
    const float eps = single(settings.eps);

    for_each_vec(count, [&](int64_t i, auto lanes) {
        const vec p = lanes.load(parameter + i);
        const vec g = gradients.load(i, p, lanes);
        const vec m = lerp(lanes.load(exp_avg + i), g, weight1);
        const vec v = beta2 * lanes.load(exp_avg_sq + i) + weight2 * g * g;
        lanes.store(exp_avg + i, m);
        lanes.store(exp_avg_sq + i, v);
        vec top = v;
        if (max_exp_avg_sq) {
            top = max(lanes.load(max_exp_avg_sq + i), v);
            lanes.store(max_exp_avg_sq + i, top);
        }
        const vec change = step_size * m / (sqrt(top) / correction + eps);
        lanes.store(parameter + i, p - (shrink != 0 ? change + shrink * p : change));
    });
}

void rmsprop(const rondo_rmsprop &settings, float *parameter, const float *gradient, float *square_avg,
             float *grad_avg, float *momentum_buffer, int64_t count) {
    const Gradient gradients = {gradient, settings.gradient_scale, single(settings.weight_decay)};
    const float lr = single(settings.lr);
    const float alpha = single(settings.alpha);
    const float weight = single(1 - settings.alpha);
    const float eps = single(settings.eps);
    const float momentum = single(settings.momentum);

    for_each_vec(count, [&](int64_t i, auto lanes) {
        const vec p = lanes.load(parameter + i);
        const vec g = gradients.load(i, p, lanes);
        const vec squares = alpha * lanes.load(square_avg + i) + weight * g * g;
        lanes.store(square_avg + i, squares);
        vec variance = squares;
        if (grad_avg) {
            const vec mean = lerp(lanes.load(grad_avg + i), g, weight);
            lanes.store(grad_avg + i, mean);
            variance = squares - mean * mean;
        }
        const vec deviation = sqrt(variance) + eps;
        if (settings.momentum != 0) {
            const vec buffer = momentum * lanes.load(momentum_buffer + i) + g / deviation;
            lanes.store(momentum_buffer + i, buffer);
            lanes.store(parameter + i, p - lr * buffer);
        } else {
            lanes.store(parameter + i, p - lr * g / deviation);
        }
    });
}

void adagrad(const rondo_adagrad &settings, float *parameter, const float *gradient, float *sum, int64_t count) {
    const Gradient gradients = {gradient, settings.gradient_scale, single(settings.weight_decay)};
    const float lr = single(settings.lr / (1 + static_cast<double>(settings.step - 1) * settings.lr_decay));
    const float eps = single(settings.eps);

    for_each_vec(count, [&](int64_t i, auto lanes) {
        const vec p = lanes.load(parameter + i);
        const vec g = gradients.load(i, p, lanes);
        const vec squares = lanes.load(sum + i) + g * g;
        lanes.store(sum + i, squares);
        lanes.store(parameter + i, p - lr * g / (sqrt(squares) + eps));
    });
}

}  // namespace rondo::RONDO_ISA
