#include "elementwise.h"
#include "kernels.h"
#include "matrix.h"

namespace rondo::RONDO_ISA {

namespace {

// A row of H floats padded to whole registers; the padding may hold anything, no result depends on it.
int64_t padded(int64_t hidden) { return registers_for(hidden) * kWidth; }

// One GRU call: the arguments, and its scratch with S = padded(H).
struct Run {
    const rondo_gru &gru;
    int64_t stride;  // S
    float *state;    // (N, S): h
    float *gates;    // (N, 2, S): u, then r and later o
    float *reset;    // (N, S): r * h

    explicit Run(const rondo_gru &arguments)
        : gru(arguments),
          stride(padded(gru.hidden)),
          state(gru.scratch),
          gates(state + gru.batch * stride),
          reset(gates + gru.batch * 2 * stride) {}

    void begin() const {
        for (int64_t n = 0; n < gru.batch; n++) {
            for_each_vec(gru.hidden, [&](int64_t i, auto lanes) {
                const vec h = gru.src_iter ? lanes.load(gru.src_iter + n * gru.src_iter_batch + i) : vec{};
                store(state + n * stride + i, h);
            });
        }
    }

    void step(int64_t t) const {
        const int64_t registers = registers_for(gru.hidden);
        const float *const weights_o = gru.weights + gru.hidden * 2 * stride;

        multiply(state, stride, gru.batch, gru.weights, gru.hidden, 2 * registers, gates, 2 * stride);
        for (int64_t n = 0; n < gru.batch; n++) {
            update_and_reset(t, n);
        }
        multiply(reset, stride, gru.batch, weights_o, gru.hidden, registers, gates + stride, 2 * stride);
        for (int64_t n = 0; n < gru.batch; n++) {
            candidate_and_state(t, n);
        }
    }

    void end() const {
        for (int64_t n = 0; gru.dst_iter && n < gru.batch; n++) {
            for_each_vec(gru.hidden, [&](int64_t i, auto lanes) {
                lanes.store(gru.dst_iter + n * gru.dst_iter_batch + i, load(state + n * stride + i));
            });
        }
    }

private:
    const float *input(int64_t t, int64_t n) const {
        return gru.gates + t * gru.gates_step + n * gru.gates_batch;  // (3, H)
    }

    void update_and_reset(int64_t t, int64_t n) const {
        const float *const input_u = input(t, n);
        const float *const input_r = input_u + gru.hidden;
        const float *const h = state + n * stride;
        float *const u = gates + n * 2 * stride;
        const float *const r = u + stride;
        const float keep = gru.attention ? 1 - gru.attention[t * gru.attention_step + n * gru.attention_batch] : 1;

        for_each_vec(gru.hidden, [&](int64_t i, auto lanes) {
            store(u + i, keep * sigmoid(lanes.load(input_u + i) + load(u + i)));
            store(reset + n * stride + i, sigmoid(lanes.load(input_r + i) + load(r + i)) * load(h + i));
        });
    }

    void candidate_and_state(int64_t t, int64_t n) const {
        const float *const input_o = input(t, n) + 2 * gru.hidden;
        float *const h = state + n * stride;
        const float *const gate_u = gates + n * 2 * stride;
        const float *const gate_o = gate_u + stride;
        float *const dst =
            gru.dst_layer ? gru.dst_layer + t * gru.dst_layer_step + n * gru.dst_layer_batch : nullptr;

        for_each_vec(gru.hidden, [&](int64_t i, auto lanes) {
            const vec u = load(gate_u + i);
            const vec o = tanh(lanes.load(input_o + i) + load(gate_o + i));
            const vec next = u * load(h + i) + (1 - u) * o;
            store(h + i, next);
            if (dst) {
                lanes.store(dst + i, next);
            }
        });
    }
};

}  // namespace

void gru(const rondo_gru &arguments) {
    const Run run(arguments);
    run.begin();
    for (int64_t i = 0; i < arguments.steps; i++) {
        run.step(arguments.reverse ? arguments.steps - 1 - i : i);
    }
    run.end();
}

int64_t gru_scratch_size(int64_t batch, int64_t hidden) { return 4 * batch * padded(hidden); }

int64_t gru_packed_size(int64_t hidden) { return 3 * hidden * padded(hidden); }

// Packed: u and r side by side (H, 2, S), then o (H, S), since o is multiplied after both.
void gru_pack(const float *weights, int64_t hidden, float *packed) {
    const int64_t registers = registers_for(hidden);
    const int64_t gate = hidden * hidden;
    pack(weights, hidden, hidden, packed, 0, 2 * registers);
    pack(weights + gate, hidden, hidden, packed, registers, 2 * registers);
    pack(weights + 2 * gate, hidden, hidden, packed + hidden * 2 * padded(hidden), 0, registers);
}

}  // namespace rondo::RONDO_ISA
