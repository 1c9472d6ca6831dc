// Prints the time of one step of a recurrent layer, input as wide as the state and its share computed in the kernel,
// the best of several runs, weights in cache as far as they fit. Not a test.
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

static double seconds_per_step(int32_t cell, int64_t gates, int64_t batch, int64_t hidden) {
    constexpr int64_t kSteps = 20;
    constexpr int kRuns = 40;

    rondo_recurrent args = {};
    args.cell = cell;
    args.parts = 1;
    args.steps = kSteps;
    args.batch = batch;
    args.input = args.hidden = hidden;
    float *const x = floats(kSteps * batch * hidden);
    float *const weights = floats(rondo_recurrent_packed_size(gates, hidden, hidden));
    float *const input_weights = floats(rondo_recurrent_packed_size(gates, hidden, hidden));
    float *const bias = floats(gates * hidden);
    args.x = x;
    args.weights = weights;
    args.input_weights = input_weights;
    args.bias = args.state_bias = bias;
    args.dst_layer = floats(kSteps * batch * hidden);
    args.x_step = args.dst_layer_step = batch * hidden;
    args.x_batch = args.dst_layer_batch = hidden;
    args.scratch = floats(rondo_recurrent_scratch_size(kSteps, batch, hidden, hidden));

    double best = 1e9;
    for (int run = 0; run < kRuns; run++) {
        const auto begin = std::chrono::steady_clock::now();
        rondo_recurrent_f32(&args);
        const std::chrono::duration<double> time = std::chrono::steady_clock::now() - begin;
        best = time.count() < best ? time.count() : best;
    }
    for (float *const data : {x, weights, input_weights, bias, args.dst_layer, args.scratch}) {
        std::free(data);
    }
    return best / kSteps;
}

int main() {
    std::printf("%s, us a step\n   H    N      rnn     lstm      gru  lbr gru\n", rondo_isa());
    for (const int64_t hidden : {16, 32, 64, 128, 256, 512}) {
        for (const int64_t batch : {1, 4, 16, 32}) {
            std::printf("%4d %4d", int(hidden), int(batch));
            std::printf(" %8.2f", seconds_per_step(RONDO_RNN_TANH, 1, batch, hidden) * 1e6);
            std::printf(" %8.2f", seconds_per_step(RONDO_LSTM, 4, batch, hidden) * 1e6);
            std::printf(" %8.2f", seconds_per_step(RONDO_GRU, 3, batch, hidden) * 1e6);
            std::printf(" %8.2f\n", seconds_per_step(RONDO_LBR_GRU, 3, batch, hidden) * 1e6);
        }
    }
}
