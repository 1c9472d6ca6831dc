// Each step of an optimizer is compared with the same step in double precision from the same single-precision state.
#include <initializer_list>
#include <vector>

#include "check.h"
#include "rondo_kernels.h"

namespace {

constexpr double kUlp = 1.2e-7;
constexpr int64_t kSteps = 4;

// What a step leaves, and what the rounding of each is relative to.
struct Step {
    double parameter, state[3];
    double parameter_size, state_size[3];
};

// The arrays of a case: parameters, gradients and up to three of state.
struct Arrays {
    test::Guarded<float> parameter, gradient, first, second, third;
    test::Guarded<float> *const state[3] = {&first, &second, &third};

    explicit Arrays(int64_t count) : parameter(count), gradient(count), first(count), second(count), third(count) {
        test::fill(parameter, 2);
        for (test::Guarded<float> *array : state) {
            std::memset(array->data, 0, count * sizeof(float));
        }
    }
};

// run() takes a step, reference(i, g) says what it should do to element i with the scaled gradient g.
template <class Run, class Reference>
void step(const char *name, Arrays &arrays, float scale, Run run, Reference reference) {
    const int64_t count = arrays.parameter.count;
    test::fill(arrays.gradient, 3);
    std::vector<Step> expected;
    for (int64_t i = 0; i < count; i++) {
        expected.push_back(reference(i, static_cast<double>(scale) * arrays.gradient[i]));
    }
    run();
    for (int64_t i = 0; i < count; i++) {
        const Step &e = expected[i];
        CHECK(test::near(arrays.parameter[i], e.parameter, 4 * kUlp * e.parameter_size),
              "%s, count %d, element %d: %.9g instead of %.9g", name, int(count), int(i), double(arrays.parameter[i]),
              e.parameter);
        for (int64_t k = 0; k < 3; k++) {
            const double actual = (*arrays.state[k])[i];
            CHECK(test::near(actual, e.state[k], 4 * kUlp * e.state_size[k]),
                  "%s, state %d, count %d, element %d: %.9g instead of %.9g", name, int(k), int(count), int(i), actual,
                  e.state[k]);
        }
    }
}

void sgd(int64_t count, double momentum, double dampening, double weight_decay, bool nesterov, float scale) {
    Arrays arrays(count);
    test::fill(arrays.first, 5);  // the first step does not read it
    rondo_sgd s = {0.1, momentum, dampening, weight_decay, 0, nesterov, scale};
    for (s.step = 1; s.step <= kSteps; s.step++) {
        s.lr = 0.1 / double(s.step);
        step("sgd", arrays, scale,
             [&] {
                 rondo_sgd_f32(&s, arrays.parameter.data, arrays.gradient.data,
                               momentum == 0 ? nullptr : arrays.first.data, count);
             },
             [&](int64_t i, double g) {
                 const double p = arrays.parameter[i];
                 g += weight_decay * p;
                 double buffer = arrays.first[i], size = std::fabs(g) + weight_decay * std::fabs(p);
                 if (momentum != 0) {
                     size += momentum * std::fabs(buffer);
                     buffer = s.step > 1 ? momentum * buffer + (1 - dampening) * g : g;
                     g = nesterov ? g + momentum * buffer : buffer;
                 }
                 return Step{p - s.lr * g, {buffer}, std::fabs(p) + 2 * s.lr * size, {size}};
             });
    }
}

void adam(int64_t count, double beta1, double weight_decay, bool decoupled, bool amsgrad, float scale) {
    Arrays arrays(count);
    rondo_adam s = {0.02, beta1, 0.99, 1e-8, weight_decay, 0, decoupled, scale};
    for (s.step = 1; s.step <= kSteps; s.step++) {
        step("adam", arrays, scale,
             [&] {
                 rondo_adam_f32(&s, arrays.parameter.data, arrays.gradient.data, arrays.first.data,
                                arrays.second.data, amsgrad ? arrays.third.data : nullptr, count);
             },
             [&](int64_t i, double g) {
                 double p = arrays.parameter[i];
                 const double size_p = std::fabs(p);
                 const double size_g = std::fabs(g) + weight_decay * size_p;
                 g += decoupled ? 0 : weight_decay * p;
                 p *= decoupled ? 1 - s.lr * weight_decay : 1;
                 const double size_m = std::fabs(arrays.first[i]) + size_g;
                 const double m = beta1 * arrays.first[i] + (1 - beta1) * g;
                 const double v = s.beta2 * arrays.second[i] + (1 - s.beta2) * g * g;
                 const double size_v = s.beta2 * arrays.second[i] + (1 - s.beta2) * size_g * size_g;
                 const double top = amsgrad ? std::fmax(arrays.third[i], v) : v;
                 const double denominator = std::sqrt(top / (1 - std::pow(s.beta2, double(s.step)))) + s.eps;
                 const double rate = s.lr / (1 - std::pow(beta1, double(s.step))) / denominator;
                 const double size = rate * (size_m + std::fabs(m) * size_v / top);
                 return Step{p - rate * m, {m, v, amsgrad ? top : 0}, size_p + size, {size_m, size_v, size_v}};
             });
    }
}

void rmsprop(int64_t count, double momentum, double weight_decay, bool centered, float scale) {
    Arrays arrays(count);
    const rondo_rmsprop s = {0.01, 0.9, 1e-6, weight_decay, momentum, scale};
    for (int64_t k = 0; k < kSteps; k++) {
        step("rmsprop", arrays, scale,
             [&] {
                 rondo_rmsprop_f32(&s, arrays.parameter.data, arrays.gradient.data, arrays.first.data,
                                   centered ? arrays.second.data : nullptr,
                                   momentum == 0 ? nullptr : arrays.third.data, count);
             },
             [&](int64_t i, double g) {
                 const double p = arrays.parameter[i];
                 const double size_g = std::fabs(g) + weight_decay * std::fabs(p);
                 g += weight_decay * p;
                 const double squares = s.alpha * arrays.first[i] + (1 - s.alpha) * g * g;
                 const double size_s = s.alpha * arrays.first[i] + (1 - s.alpha) * size_g * size_g;
                 const double mean = centered ? s.alpha * arrays.second[i] + (1 - s.alpha) * g : 0;
                 const double size_mean = std::fabs(arrays.second[i]) + size_g;
                 const double variance = squares - mean * mean;
                 const double root = std::sqrt(variance) + s.eps;
                 const double error = (size_s + std::fabs(mean) * size_mean) / variance;
                 const double old = momentum * arrays.third[i];
                 const double size = std::fabs(old) + size_g / root + std::fabs(g) / root * error;
                 const double buffer = old + g / root;
                 return Step{p - s.lr * buffer,
                             {squares, mean, momentum == 0 ? 0 : buffer},
                             std::fabs(p) + s.lr * size,
                             {size_s, size_mean, size}};
             });
    }
}

void adagrad(int64_t count, double lr_decay, double weight_decay, float initial, float scale) {
    Arrays arrays(count);
    for (int64_t i = 0; i < count; i++) {
        arrays.first[i] = initial;
    }
    rondo_adagrad s = {0.01, lr_decay, 1e-10, weight_decay, 0, scale};
    for (s.step = 1; s.step <= kSteps; s.step++) {
        step("adagrad", arrays, scale,
             [&] {
                 rondo_adagrad_f32(&s, arrays.parameter.data, arrays.gradient.data, arrays.first.data, count);
             },
             [&](int64_t i, double g) {
                 const double p = arrays.parameter[i];
                 const double size_g = std::fabs(g) + weight_decay * std::fabs(p);
                 g += weight_decay * p;
                 const double squares = arrays.first[i] + g * g;
                 const double size_s = arrays.first[i] + size_g * size_g;
                 const double rate = s.lr / (1 + double(s.step - 1) * lr_decay) / (std::sqrt(squares) + s.eps);
                 return Step{p - rate * g,
                             {squares},
                             std::fabs(p) + rate * (size_g + std::fabs(g) * size_s / squares),
                             {size_s}};
             });
    }
}

void all_settings(int64_t count) {
    for (const float scale : {1.0f, 0.37f, -1.0f}) {
        for (const double decay : {0.0, 0.1}) {
            sgd(count, 0, 0, decay, false, scale);
            sgd(count, 0.9, 0, decay, false, scale);
            sgd(count, 0.9, 0.3, decay, false, scale);
            sgd(count, 0.8, 0, decay, true, scale);
            for (const bool amsgrad : {false, true}) {
                adam(count, 0.9, decay, false, amsgrad, scale);
                adam(count, 0.3, decay, true, amsgrad, scale);
                adam(count, 0, decay, true, amsgrad, scale);
            }
            for (const bool centered : {false, true}) {
                rmsprop(count, 0, decay, centered, scale);
                rmsprop(count, 0.7, decay, centered, scale);
            }
            adagrad(count, 0, decay, 0, scale);
            adagrad(count, 0.1, decay, 0.5f, scale);
        }
    }
}

// A NaN in the gradient spoils its parameter and all of its state, and nothing else.
void spoiled() {
    constexpr int64_t kCount = 37;
    for (int64_t position = 0; position < kCount; position++) {
        Arrays arrays(kCount);
        test::fill(arrays.gradient, 1);
        arrays.gradient[position] = std::nanf("");
        const rondo_adam s = {0.02, 0.9, 0.99, 1e-8, 0, 1, 0, 1};
        rondo_adam_f32(&s, arrays.parameter.data, arrays.gradient.data, arrays.first.data, arrays.second.data,
                       arrays.third.data, kCount);
        for (int64_t i = 0; i < kCount; i++) {
            bool good = std::isnan(arrays.parameter[i]) == (i == position);
            for (const test::Guarded<float> *array : arrays.state) {
                good = good && std::isnan(array->data[i]) == (i == position);
            }
            CHECK(good, "position %d, element %d", int(position), int(i));
        }
    }
}

}  // namespace

void test::optimizers() {
    for (int64_t count = 0; count <= 70; count++) {
        all_settings(count);
    }
    all_settings(1000);
    spoiled();
}
