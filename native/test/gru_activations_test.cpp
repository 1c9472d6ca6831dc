// sigmoid and tanh over their whole range, seen through a GRU whose recurrent weights are zero.
#include <algorithm>
#include <limits>
#include <vector>

#include "check.h"
#include "rondo_kernels.h"

namespace {

constexpr float kInf = std::numeric_limits<float>::infinity();
constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
constexpr int64_t kHidden = 64;

// One step from h, with the arguments of the gates u and o given for each sequence. u, o, h (N, H)
std::vector<float> step(const std::vector<float> &u, const std::vector<float> &o, float h) {
    const int64_t batch = static_cast<int64_t>(u.size()) / kHidden;
    const std::vector<float> weights(3 * kHidden * kHidden);
    std::vector<float> packed(rondo_gru_packed_size(kHidden)), scratch(rondo_gru_scratch_size(batch, kHidden));
    std::vector<float> gates(3 * u.size()), state(u.size(), h);  // (N, 3, H), (N, H)
    for (int64_t n = 0; n < batch; n++) {
        std::copy_n(&u[n * kHidden], kHidden, &gates[n * 3 * kHidden]);
        std::copy_n(&o[n * kHidden], kHidden, &gates[n * 3 * kHidden + 2 * kHidden]);
    }
    rondo_gru_pack_f32(weights.data(), kHidden, packed.data());

    rondo_gru gru = {};
    gru.steps = 1;
    gru.batch = batch;
    gru.hidden = kHidden;
    gru.gates = gates.data();
    gru.gates_batch = 3 * kHidden;
    gru.weights = packed.data();
    gru.src_iter = gru.dst_iter = state.data();
    gru.src_iter_batch = gru.dst_iter_batch = kHidden;
    gru.scratch = scratch.data();
    rondo_gru_f32(&gru);
    return state;
}

// With u = 0 and h = 0, the next state is o; with h = 1 and o = 0, it is u.
std::vector<float> tanh_of(const std::vector<float> &x) { return step(std::vector<float>(x.size(), -kInf), x, 0); }
std::vector<float> sigmoid_of(const std::vector<float> &x) { return step(x, std::vector<float>(x.size()), 1); }

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

void test::gru_activations() {
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
