#include <initializer_list>
#include <vector>

#include "check.h"
#include "rondo_kernels.h"

namespace {

using test::fill;

struct Case {
    int64_t steps, batch, hidden;
    bool reverse, attention, src_iter, dst_layer, dst_iter, in_place, batch_first;
    int64_t gap;  // floats between rows
};

// Rows of a length at (step, sequence), apart from each other.
struct Rows {
    int64_t step, batch, size;

    Rows(const Case &c, int64_t length)
        : step(c.batch_first ? length + c.gap : c.batch * (length + c.gap) + c.gap),
          batch(c.batch_first ? c.steps * (length + c.gap) + c.gap : length + c.gap),
          size(c.steps == 0 ? 0 : (c.steps - 1) * step + (c.batch - 1) * batch + length) {}
};

double sigmoid(double x) { return 1 / (1 + std::exp(-x)); }

// One step of one sequence, in double precision. weights (3, H, H), input (3, H), h (H)
void reference_step(const float *weights, const float *input, double keep, std::vector<double> &h) {
    const int64_t hidden = static_cast<int64_t>(h.size());
    const auto product = [&](int64_t gate, int64_t row, const std::vector<double> &x) {
        const float *const w = weights + (gate * hidden + row) * hidden;
        double total = 0;
        for (int64_t k = 0; k < hidden; k++) {
            total += w[k] * x[k];
        }
        return total;
    };
    std::vector<double> reset(hidden), next(hidden);
    for (int64_t i = 0; i < hidden; i++) {
        reset[i] = sigmoid(input[hidden + i] + product(1, i, h)) * h[i];
    }
    for (int64_t i = 0; i < hidden; i++) {
        const double u = keep * sigmoid(input[i] + product(0, i, h));
        const double o = std::tanh(input[2 * hidden + i] + product(2, i, reset));
        next[i] = u * h[i] + (1 - u) * o;
    }
    h = next;
}

double worst = 0;

// Compares what was written of a row with what should be there, and marks it as seen.
void check_row(const Case &c, const char *name, test::Guarded<float> &buffer, int64_t offset,
               const std::vector<double> &expected, std::vector<bool> &written) {
    for (int64_t i = 0; i < c.hidden; i++) {
        const double error = std::fabs(buffer[offset + i] - expected[i]);
        CHECK(error <= 2e-6, "%s %d of T %d, N %d, H %d, reverse %d, attention %d: %.9g instead of %.9g", name, int(i),
              int(c.steps), int(c.batch), int(c.hidden), c.reverse, c.attention, double(buffer[offset + i]),
              expected[i]);
        worst = std::fmax(worst, error);
        written[offset + i] = true;
    }
}

void check_gaps(const Case &c, const char *name, const test::Guarded<float> &buffer, const std::vector<bool> &written) {
    for (int64_t i = 0; i < buffer.count; i++) {
        CHECK(written[i] || buffer.is_untouched(i), "%s: gap at %d of T %d, N %d, H %d", name, int(i), int(c.steps),
              int(c.batch), int(c.hidden));
    }
}

void run(const Case &c) {
    const Rows input(c, 3 * c.hidden), layer(c, c.hidden), attention(c, 1);
    const int64_t iter_batch = c.hidden + c.gap;
    const int64_t iter_size = (c.batch - 1) * iter_batch + c.hidden;

    test::Guarded<float> weights(3 * c.hidden * c.hidden), packed(rondo_gru_packed_size(c.hidden));
    test::Guarded<float> gates(input.size), scalars(attention.size), src_iter(iter_size);
    test::Guarded<float> dst_layer(layer.size), dst_iter(iter_size);
    test::Guarded<float> scratch(rondo_gru_scratch_size(c.batch, c.hidden));
    fill(weights, 1.5f / std::sqrt(static_cast<float>(c.hidden)));
    fill(gates, 2);
    for (int64_t i = 0; i < scalars.count; i++) {
        scalars[i] = test::uniform(0, 1);
    }
    for (int64_t n = 0; n < c.batch; n++) {
        for (int64_t i = 0; i < c.hidden; i++) {
            float &h = (c.in_place ? dst_iter : src_iter)[n * iter_batch + i];
            h = c.src_iter ? test::uniform(-1, 1) : h;
        }
    }

    // The reference goes first: src_iter may be overwritten.
    std::vector<std::vector<double>> expected;  // (N, 1 + T), the state before and after each step
    for (int64_t n = 0; n < c.batch; n++) {
        std::vector<double> h(c.hidden);
        for (int64_t i = 0; c.src_iter && i < c.hidden; i++) {
            h[i] = (c.in_place ? dst_iter : src_iter)[n * iter_batch + i];
        }
        expected.push_back(h);
        for (int64_t i = 0; i < c.steps; i++) {
            const int64_t t = c.reverse ? c.steps - 1 - i : i;
            const double keep = c.attention ? 1.0 - scalars[t * attention.step + n * attention.batch] : 1;
            reference_step(weights.data, gates.data + t * input.step + n * input.batch, keep, h);
            expected.push_back(h);
        }
    }

    rondo_gru_pack_f32(weights.data, c.hidden, packed.data);
    rondo_gru gru = {};
    gru.steps = c.steps;
    gru.batch = c.batch;
    gru.hidden = c.hidden;
    gru.gates = gates.data;
    gru.gates_step = input.step;
    gru.gates_batch = input.batch;
    gru.attention = c.attention ? scalars.data : nullptr;
    gru.attention_step = attention.step;
    gru.attention_batch = attention.batch;
    gru.weights = packed.data;
    gru.src_iter = !c.src_iter ? nullptr : c.in_place ? dst_iter.data : src_iter.data;
    gru.src_iter_batch = iter_batch;
    gru.dst_layer = c.dst_layer ? dst_layer.data : nullptr;
    gru.dst_layer_step = layer.step;
    gru.dst_layer_batch = layer.batch;
    gru.dst_iter = c.dst_iter ? dst_iter.data : nullptr;
    gru.dst_iter_batch = iter_batch;
    gru.scratch = scratch.data;
    gru.reverse = c.reverse;
    rondo_gru_f32(&gru);

    std::vector<bool> layer_written(dst_layer.count), iter_written(dst_iter.count);
    for (int64_t n = 0; n < c.batch; n++) {
        const auto *const states = &expected[n * (c.steps + 1)];
        for (int64_t i = 0; c.dst_layer && i < c.steps; i++) {
            const int64_t t = c.reverse ? c.steps - 1 - i : i;
            check_row(c, "dst_layer", dst_layer, t * layer.step + n * layer.batch, states[i + 1], layer_written);
        }
        if (c.dst_iter) {
            check_row(c, "dst_iter", dst_iter, n * iter_batch, states[c.steps], iter_written);
        }
    }
    check_gaps(c, "dst_layer", dst_layer, layer_written);
    if (c.dst_iter || !c.in_place) {
        check_gaps(c, "dst_iter", dst_iter, iter_written);
    }
}

// bits chooses what is there and how it lies.
Case make(int64_t steps, int64_t batch, int64_t hidden, uint32_t bits) {
    const auto bit = [&](int i) { return (bits >> i & 1) != 0; };
    return {steps, batch, hidden, bit(0), bit(1), bit(2), bit(3), bit(4), bit(5), bit(6), bit(7) ? 3 : 0};
}

}  // namespace

void test::gru() {
    for (const int64_t steps : {0, 1, 5}) {
        for (uint32_t bits = 0; bits < 256; bits++) {
            run(make(steps, 3, 19, bits));
        }
        for (int64_t hidden = 1; hidden <= 70; hidden++) {
            for (int64_t batch = 1; batch <= 9; batch++) {
                run(make(steps, batch, hidden, generator() % 256 | 8));
                run(make(steps, batch, hidden, generator() % 256 | 16));
            }
        }
        for (const int64_t hidden : {127, 256, 257}) {
            for (const int64_t batch : {1, 2, 3, 4, 5, 8, 9}) {
                run(make(steps, batch, hidden, generator() % 256 | 24));
            }
        }
    }
    run(make(5, 0, 7, 24));
    std::printf("gru: absolute error %.2g\n", worst);
}
