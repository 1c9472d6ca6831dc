// sigmoid and tanh over their whole range, seen through a vanilla RNN whose recurrent weights are zero.
#include <algorithm>
#include <limits>
#include <vector>

#include "check.h"
#include "rondo_kernels.h"

namespace {

using test::uniform;

constexpr float kInf = std::numeric_limits<float>::infinity();
constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
constexpr int64_t kHidden = 64;

// The state after one step from zero whose gates are x (a multiple of H): without an input, the gates are the bias.
std::vector<float> step(int32_t cell, const std::vector<float> &x) {
    const std::vector<float> zeros(kHidden * kHidden);
    std::vector<float> packed(rondo_recurrent_packed_size(1, kHidden, kHidden)), y(x.size());
    std::vector<float> scratch(rondo_recurrent_scratch_size(1, 1, 1, kHidden));
    rondo_recurrent_pack_f32(zeros.data(), 1, kHidden, kHidden, 1, packed.data());

    rondo_recurrent rnn = {};
    rnn.cell = cell;
    rnn.steps = rnn.batch = rnn.parts = 1;
    rnn.hidden = kHidden;
    rnn.weights = packed.data();
    rnn.scratch = scratch.data();
    for (size_t i = 0; i < x.size(); i += kHidden) {
        rnn.bias = &x[i];
        rnn.dst_iter = &y[i];
        rondo_recurrent_f32(&rnn);
    }
    return y;
}

std::vector<float> tanh_of(const std::vector<float> &x) { return step(RONDO_RNN_TANH, x); }
std::vector<float> sigmoid_of(const std::vector<float> &x) { return step(RONDO_RNN_LOGISTIC, x); }

template <class Reference>
void sweep(const char *name, const std::vector<float> &x, const std::vector<float> &y, Reference reference) {
    double worst = 0;
    for (size_t i = 0; i < x.size(); i++) {
        const double error = std::fabs(y[i] - reference(static_cast<double>(x[i])));
        CHECK(error <= 3e-7, "%s(%.9g) = %.9g", name, double(x[i]), double(y[i]));
        worst = std::fmax(worst, error);
    }
    std::printf("%s: absolute error %.2g\n", name, worst);
}

void exact(const char *name, std::vector<float> (*function)(const std::vector<float> &), float x, float expected) {
    const std::vector<float> y = function(std::vector<float>(kHidden, x));
    for (const float value : y) {
        CHECK(value == expected, "%s(%g) = %.9g instead of %g", name, double(x), double(value), double(expected));
    }
}

}  // namespace

void test::activations() {
    std::vector<float> x;
    for (int64_t i = 0; i < 8000 * kHidden; i++) {
        constexpr float kRanges[] = {1e-3f, 2, 20, 120};
        const float range = kRanges[i % 4];
        x.push_back(uniform(-range, range));
    }
    sweep("sigmoid", x, sigmoid_of(x), [](double v) { return 1 / (1 + std::exp(-v)); });
    sweep("tanh", x, tanh_of(x), [](double v) { return std::tanh(v); });

    for (const float big : {18.0f, 88.0f, 110.0f, 3e38f, kInf}) {
        exact("sigmoid", sigmoid_of, big, 1);
        exact("tanh", tanh_of, big, 1);
        exact("tanh", tanh_of, -big, -1);
    }
    for (const float big : {110.0f, 3e38f, kInf}) {
        exact("sigmoid", sigmoid_of, -big, 0);
    }
    exact("sigmoid", sigmoid_of, 0, 0.5f);
    exact("tanh", tanh_of, 0, 0);

    for (int64_t position = 0; position < kHidden; position++) {
        std::vector<float> spoiled(kHidden, 1);
        spoiled[position] = kNan;
        const std::vector<float> s = sigmoid_of(spoiled), t = tanh_of(spoiled);
        for (int64_t i = 0; i < kHidden; i++) {
            CHECK(std::isnan(s[i]) == (i == position), "sigmoid, NaN at %d, element %d", int(position), int(i));
            CHECK(std::isnan(t[i]) == (i == position), "tanh, NaN at %d, element %d", int(position), int(i));
        }
    }
}
