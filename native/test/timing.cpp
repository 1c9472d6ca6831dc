// Prints the time of one GRU step, the best of several runs, weights in cache as far as they fit. Not a test.
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <initializer_list>

#include "rondo_kernels.h"

static float *floats(int64_t count) {
    float *const data = static_cast<float *>(std::aligned_alloc(64, (count * sizeof(float) + 63) / 64 * 64));
    for (int64_t i = 0; i < count; i++) {
        data[i] = static_cast<float>(i % 17 - 8) / 100;
    }
    return data;
}

static double seconds_per_step(int64_t batch, int64_t hidden) {
    constexpr int64_t kSteps = 50;
    constexpr int kRuns = 40;

    float *const weights = floats(3 * hidden * hidden);
    float *const packed = floats(rondo_gru_packed_size(hidden));
    rondo_gru_pack_f32(weights, hidden, packed);

    rondo_gru gru = {};
    gru.steps = kSteps;
    gru.batch = batch;
    gru.hidden = hidden;
    gru.gates = floats(kSteps * batch * 3 * hidden);
    gru.gates_step = batch * 3 * hidden;
    gru.gates_batch = 3 * hidden;
    gru.weights = packed;
    gru.dst_layer = floats(kSteps * batch * hidden);
    gru.dst_layer_step = batch * hidden;
    gru.dst_layer_batch = hidden;
    gru.scratch = floats(rondo_gru_scratch_size(batch, hidden));

    double best = 1e9;
    for (int run = 0; run < kRuns; run++) {
        const auto begin = std::chrono::steady_clock::now();
        rondo_gru_f32(&gru);
        const std::chrono::duration<double> time = std::chrono::steady_clock::now() - begin;
        best = time.count() < best ? time.count() : best;
    }
    std::free(weights);
    std::free(packed);
    std::free(const_cast<float *>(gru.gates));
    std::free(gru.dst_layer);
    std::free(gru.scratch);
    return best / kSteps;
}

int main() {
    std::printf("%s\n   H    N   us/step     GB/s\n", rondo_isa());
    for (const int64_t hidden : {32, 64, 128, 256, 512, 1024}) {
        for (const int64_t batch : {1, 4, 8, 16}) {
            const double time = seconds_per_step(batch, hidden);
            const double bytes = 3.0 * hidden * hidden * sizeof(float);
            std::printf("%4d %4d %9.2f %8.1f\n", int(hidden), int(batch), time * 1e6, bytes / time * 1e-9);
        }
    }
}
