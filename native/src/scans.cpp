// Recurrences that only look at the same element of the state before: element by element, over all steps.
#include "elementwise.h"
#include "kernels.h"

namespace rondo::RONDO_ISA {

namespace {

vec activate(int32_t activation, vec x) {
    return activation == RONDO_RNN_TANH ? tanh(x) : activation == RONDO_RNN_RELU ? relu(x) : x;
}

// The derivative, from the result.
vec slope(int32_t activation, vec y) {
    return activation == RONDO_RNN_TANH   ? 1.0f - y * y
           : activation == RONDO_RNN_RELU ? (y > 0.0f ? splat(1.0f) : (y <= 0.0f ? vec{} : y))
                                          : splat(1.0f);
}

// Calls body(row of the arrays, element of (N, H), column, lanes) for the call's part of a step.
template <class Body>
void each(const rondo_scan &s, int64_t t, Body body) {
    for (int64_t n = s.from_row; n < s.to_row; n++) {
        for_each_vec(s.to - s.from, [&](int64_t i, auto lanes) {
            body(t * s.batch + n, n * s.hidden + s.from + i, s.from + i, lanes);
        });
    }
}

template <class Lanes>
vec before(const rondo_scan &s, int64_t t, int64_t element, Lanes lanes) {
    return t > 0   ? lanes.load(s.dst + (t - 1) * s.batch * s.hidden + element)
           : s.src ? lanes.load(s.src + element)
                   : vec{};
}

// What is kept of the state.
template <class Lanes>
vec kept(const rondo_scan &s, int64_t row, int64_t column, vec h, Lanes lanes) {
    const vec gate = lanes.load(s.gate + row * s.gate_row + column);
    const vec f = sigmoid(s.weight ? gate + lanes.load(s.weight + column) * h : gate);
    return s.update ? 1.0f - f : f;
}

void begin_backward(const rondo_scan &s) {
    each(s, 0, [&](int64_t, int64_t element, int64_t, auto lanes) {
        lanes.store(s.diff_src + element, vec{});
        if (s.diff_weight) {
            lanes.store(s.diff_weight + element, vec{});
        }
    });
}

}  // namespace

void gated_scan(const rondo_scan &s) {
    for (int64_t t = 0; t < s.steps; t++) {
        each(s, t, [&](int64_t row, int64_t element, int64_t column, auto lanes) {
            const vec h = before(s, t, element, lanes);
            const vec f = kept(s, row, column, h, lanes);
            const vec x = activate(s.activation, lanes.load(s.x + row * s.x_row + column));
            lanes.store(s.dst + t * s.batch * s.hidden + element, f * h + (1.0f - f) * x);
        });
    }
}

void gated_scan_backward(const rondo_scan &s) {
    begin_backward(s);
    for (int64_t t = s.steps - 1; t >= 0; t--) {
        each(s, t, [&](int64_t row, int64_t element, int64_t column, auto lanes) {
            const int64_t at = t * s.batch * s.hidden + element;
            const vec h = before(s, t, element, lanes);
            const vec f = kept(s, row, column, h, lanes);
            const vec x = activate(s.activation, lanes.load(s.x + row * s.x_row + column));
            const vec d = lanes.load(s.diff_dst + at) + lanes.load(s.diff_src + element);
            const vec df = d * (s.update ? x - h : h - x) * f * (1.0f - f);  // of the gate's argument
            lanes.store(s.diff_x + at, d * (1.0f - f) * slope(s.activation, x));
            lanes.store(s.diff_gate + at, df);
            lanes.store(s.diff_src + element, s.weight ? d * f + df * lanes.load(s.weight + column) : d * f);
            if (s.diff_weight) {
                lanes.store(s.diff_weight + element, lanes.load(s.diff_weight + element) + df * h);
            }
        });
    }
}

void independent_scan(const rondo_scan &s) {
    for (int64_t t = 0; t < s.steps; t++) {
        each(s, t, [&](int64_t row, int64_t element, int64_t column, auto lanes) {
            const vec h = before(s, t, element, lanes);
            const vec x = lanes.load(s.x + row * s.x_row + column) + lanes.load(s.weight + column) * h;
            lanes.store(s.dst + t * s.batch * s.hidden + element, activate(s.activation, x));
        });
    }
}

void independent_scan_backward(const rondo_scan &s) {
    begin_backward(s);
    for (int64_t t = s.steps - 1; t >= 0; t--) {
        each(s, t, [&](int64_t, int64_t element, int64_t column, auto lanes) {
            const int64_t at = t * s.batch * s.hidden + element;
            const vec received = lanes.load(s.diff_dst + at) + lanes.load(s.diff_src + element);
            const vec d = received * slope(s.activation, lanes.load(s.dst + at));
            lanes.store(s.diff_x + at, d);
            lanes.store(s.diff_src + element, d * lanes.load(s.weight + column));
            if (s.diff_weight) {
                const vec h = before(s, t, element, lanes);
                lanes.store(s.diff_weight + element, lanes.load(s.diff_weight + element) + d * h);
            }
        });
    }
}

}  // namespace rondo::RONDO_ISA
