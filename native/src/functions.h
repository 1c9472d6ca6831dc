// The functions that a recurrent cell may be given.
#pragma once

#include "elementwise.h"
#include "rondo_kernels.h"

namespace rondo::RONDO_ISA {

inline vec apply(const rondo_function &f, vec x) {
    switch (f.kind) {
        case RONDO_RELU:
            return relu(x);
        case RONDO_TANH:
            return tanh(x);
        case RONDO_SIGMOID:
            return sigmoid(x);
        case RONDO_AFFINE:
            return f.alpha * x + f.beta;
        case RONDO_LEAKY_RELU:
            return x >= 0.0f ? x : f.alpha * x;
        case RONDO_THRESHOLDED_RELU:
            return x >= f.alpha ? x : vec{};
        case RONDO_SCALED_TANH:
            return f.alpha * tanh(f.beta * x);
        case RONDO_HARD_SIGMOID: {
            const vec y = f.alpha * x + f.beta;
            return y > 1.0f ? splat(1.0f) : y < 0.0f ? vec{} : y;
        }
        case RONDO_ELU:
            return x >= 0.0f ? x : f.alpha * (exp(x) - 1.0f);
        case RONDO_SOFTSIGN:
            return x / (1.0f + abs(x));
        default:  // RONDO_SOFTPLUS
            return max(x, vec{}) + log1p(exp(-abs(x)));
    }
}

}  // namespace rondo::RONDO_ISA
