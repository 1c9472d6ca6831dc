// Prints the throughput of the kernels for training, the best of several runs on one thread. Not a test.
#include <chrono>
#include <cstdio>
#include <initializer_list>
#include <vector>

#include "rondo_kernels.h"

template <class Run>
static double seconds(Run run) {
    double best = 1e9;
    for (int i = 0; i < 15; i++) {
        const auto begin = std::chrono::steady_clock::now();
        run();
        const std::chrono::duration<double> time = std::chrono::steady_clock::now() - begin;
        best = time.count() < best ? time.count() : best;
    }
    return best;
}

static std::vector<float> floats(int64_t count) {
    std::vector<float> data(count);
    for (int64_t i = 0; i < count; i++) {
        data[i] = static_cast<float>(i * 7 % 17 - 8) / 100;
    }
    return data;
}

// bytes: read and written per element
static void print(const char *name, int64_t count, double time, double bytes) {
    std::printf("%-28s %9d %9.3f ns/element %7.1f GB/s\n", name, int(count), time / double(count) * 1e9,
                bytes * double(count) / time * 1e-9);
}

static void arrays(int64_t count) {
    std::vector<float> a = floats(count), b = a, c(count), d(count), e(count);
    const rondo_adam adam = {1e-3, 0.9, 0.999, 1e-8, 0.01, 10, 1, 1};
    const rondo_sgd sgd = {1e-3, 0.9, 0, 0, 10, 0, 1};
    double total = 0;

    print("adam", count, seconds([&] { rondo_adam_f32(&adam, &a[0], &b[0], &c[0], &d[0], nullptr, count); }), 28);
    print("sgd with momentum", count, seconds([&] { rondo_sgd_f32(&sgd, &a[0], &b[0], &c[0], count); }), 20);
    print("sum of squares", count, seconds([&] { total += rondo_sum_of_squares_f32(&b[0], count); }), 4);
    print("max abs", count, seconds([&] { total += rondo_max_abs_f32(&b[0], count); }), 4);
    print("first non-finite", count, seconds([&] { total += double(rondo_first_non_finite_f32(&b[0], count)); }), 4);
    print("dropout", count, seconds([&] { rondo_dropout_f32(&b[0], &e[0], 1, count, 0.3f, 1, 0); }), 8);
    print("column sums, width 256", count, seconds([&] {
              rondo_column_sums_f32(&b[0], count / 256, 256, 256, &e[0], 0);
          }), 4);
    for (const int32_t kind : {RONDO_LOSS_MSE, RONDO_LOSS_BCE, RONDO_LOSS_BCE_LOGITS}) {
        const char *const name = kind == RONDO_LOSS_MSE   ? "mean squared error"
                                 : kind == RONDO_LOSS_BCE ? "binary cross entropy"
                                                          : "the same with logits";
        print(name, count, seconds([&] {
                  rondo_pointwise_loss_f32(kind, 0, &b[0], &b[0], nullptr, count, RONDO_REDUCTION_MEAN, &e[0]);
              }), 8);
    }
    std::printf("%s", total == 1 ? "\n" : "");  // so that the sums are used
}

static void cross_entropy(int64_t rows, int64_t classes) {
    const int64_t count = rows * classes;
    std::vector<float> logits = floats(count), gradient(count), diff = {1}, loss(1);
    const std::vector<int64_t> targets(rows, classes / 2);
    for (const float smoothing : {0.0f, 0.1f}) {
        const rondo_cross_entropy arguments = {rows, classes, &logits[0], &targets[0], nullptr, -100, smoothing,
                                               RONDO_REDUCTION_MEAN};
        std::printf("%d classes, smoothing %g\n", int(classes), double(smoothing));
        print("  cross entropy", count, seconds([&] { rondo_cross_entropy_f32(&arguments, &loss[0]); }), 4);
        print("  its gradient", count, seconds([&] {
                  rondo_cross_entropy_backward_f32(&arguments, &diff[0], &gradient[0]);
              }), 8);
    }
}

int main() {
    std::printf("%s\n", rondo_isa());
    for (const int64_t count : {1 << 13, 1 << 24}) {
        arrays(count);
    }
    for (const int64_t classes : {2, 10, 100, 10000}) {
        cross_entropy(1000000 / classes, classes);
    }
}
