// Recurrent layers, step by step over packed weights: what a small batch needs, where reading the weights is the cost.
#include "elementwise.h"
#include "kernels.h"
#include "matrix.h"

namespace rondo::RONDO_ISA {

namespace {

// A row of H floats padded to whole registers; the padding may hold anything, no result depends on it.
int64_t padded(int64_t hidden) { return registers_for(hidden) * kWidth; }

// What the state's row has before the first step, and what is given of it after the last.
void read_state(const float *src, int64_t length, float *state) {
    for_each_vec(length, [&](int64_t i, auto lanes) { store(state + i, src ? lanes.load(src + i) : vec{}); });
}

void write_state(const float *state, int64_t length, float *dst) {
    for_each_vec(length, [&](int64_t i, auto lanes) { lanes.store(dst + i, load(state + i)); });
}

// One call: the arguments, and its scratch with S = padded(H) and K gates.
template <int64_t kGates>
struct Run {
    const rondo_recurrent &args;
    int64_t hidden;
    int64_t stride;   // S
    float *state;     // (N, S): h
    float *cell;      // (N, S): c, or r * h
    float *products;  // (N, K, S): the state's share of the gates
    float *inputs;    // (N, K, S): the input's share, where it is computed here

    explicit Run(const rondo_recurrent &arguments)
        : args(arguments),
          hidden(arguments.hidden),
          stride(padded(arguments.hidden)),
          state(arguments.scratch),
          cell(state + args.batch * stride),
          products(cell + args.batch * stride),
          inputs(products + args.batch * kGates * stride) {}

    int64_t registers(int64_t gates) const { return gates * registers_for(hidden); }

    // (K, S): packing leaves no gap between the gates' registers.
    float *product(int64_t n) const { return products + n * kGates * stride; }

    void project_input(int64_t t) const {
        if (!args.gates) {
            multiply(args.x + t * args.x_step, args.x_batch, args.batch, args.input_weights, args.input,
                     registers(kGates), inputs, kGates * stride);
        }
    }

    void project_state() const {
        multiply(state, stride, args.batch, args.weights, hidden, registers(kGates), products, kGates * stride);
    }

    // Calls body(i, lanes, input) for each register of a sequence's row, where input(k) is the input's share of gate k.
    template <class Body>
    void for_each_unit(int64_t t, int64_t n, Body body) const {
        if (args.gates) {
            const float *const row = args.gates + t * args.gates_step + n * args.gates_batch;  // (K, H)
            for_each_vec(hidden, [&](int64_t i, auto lanes) {
                body(i, lanes, [&](int64_t k) { return lanes.load(row + k * hidden + i); });
            });
        } else {
            const float *const row = inputs + n * kGates * stride;
            for_each_vec(hidden, [&](int64_t i, auto lanes) {
                body(i, lanes,
                     [&](int64_t k) { return load(row + k * stride + i) + lanes.load(args.bias + k * hidden + i); });
            });
        }
    }

    // Stores a state where the next step and the caller look for it.
    template <class Lanes>
    void put(int64_t t, int64_t n, int64_t i, Lanes lanes, vec h) const {
        store(state + n * stride + i, h);
        if (args.dst_layer) {
            lanes.store(args.dst_layer + t * args.dst_layer_step + n * args.dst_layer_batch + i, h);
        }
    }

    // What attention leaves of the update gate.
    float kept(int64_t t, int64_t n) const {
        return args.attention ? 1 - args.attention[t * args.attention_step + n * args.attention_batch] : 1;
    }
};

vec relu(vec x) { return x > 0.0f ? x : (x <= 0.0f ? vec{} : x); }  // NaN stays

template <vec (*kActivation)(vec)>
struct Rnn : Run<1> {
    using Run::Run;

    void step(int64_t t) const {
        project_state();
        for (int64_t n = 0; n < args.batch; n++) {
            const float *const p = product(n);
            for_each_unit(t, n, [&](int64_t i, auto lanes, auto input) {
                put(t, n, i, lanes, kActivation(input(0) + load(p + i)));
            });
        }
    }
};

template <bool kPeephole>
struct Lstm : Run<4> {
    using Run::Run;

    void step(int64_t t) const {
        project_state();
        for (int64_t n = 0; n < args.batch; n++) {
            const float *const p = product(n);
            float *const cells = cell + n * stride;
            for_each_unit(t, n, [&](int64_t i, auto lanes, auto input) {
                const auto gate = [&](int64_t k) { return input(k) + load(p + k * stride + i); };
                const auto peeping = [&](int64_t k, int64_t peephole, vec c) {
                    if constexpr (kPeephole) {
                        return gate(k) + lanes.load(args.peephole + peephole * hidden + i) * c;
                    } else {
                        return gate(k);
                    }
                };
                const vec before = load(cells + i);
                const vec in = sigmoid(peeping(0, 0, before));
                const vec forget = sigmoid(peeping(1, 1, before));
                const vec c = forget * before + in * tanh(gate(2));
                store(cells + i, c);
                put(t, n, i, lanes, sigmoid(peeping(3, 2, c)) * tanh(c));
            });
        }
    }
};

struct Gru : Run<3> {
    using Run::Run;

    void step(int64_t t) const {
        multiply(state, stride, args.batch, args.weights, hidden, registers(2), products, 3 * stride);
        for (int64_t n = 0; n < args.batch; n++) {
            float *const p = product(n);
            const float keep = kept(t, n);
            for_each_unit(t, n, [&](int64_t i, auto, auto input) {
                store(p + i, keep * sigmoid(input(0) + load(p + i)));
                const vec r = sigmoid(input(1) + load(p + stride + i));
                store(cell + n * stride + i, r * load(state + n * stride + i));
            });
        }
        multiply(cell, stride, args.batch, args.weights + 2 * stride * hidden, hidden, registers(1),
                 products + 2 * stride, 3 * stride);
        for (int64_t n = 0; n < args.batch; n++) {
            const float *const p = product(n);
            for_each_unit(t, n, [&](int64_t i, auto lanes, auto input) {
                const vec u = load(p + i);
                const vec o = tanh(input(2) + load(p + 2 * stride + i));
                put(t, n, i, lanes, u * load(state + n * stride + i) + (1 - u) * o);
            });
        }
    }
};

struct LbrGru : Run<3> {
    using Run::Run;

    void step(int64_t t) const {
        project_state();
        for (int64_t n = 0; n < args.batch; n++) {
            const float *const p = product(n);
            const float keep = kept(t, n);
            for_each_unit(t, n, [&](int64_t i, auto lanes, auto input) {
                const vec u = keep * sigmoid(input(0) + load(p + i));
                const vec r = sigmoid(input(1) + load(p + stride + i));
                const vec o = tanh(input(2) + r * (load(p + 2 * stride + i) + lanes.load(args.state_bias + i)));
                put(t, n, i, lanes, u * load(state + n * stride + i) + (1 - u) * o);
            });
        }
    }
};

template <class Cell>
void run(const rondo_recurrent &args) {
    const Cell cell(args);
    for (int64_t n = 0; n < args.batch; n++) {
        read_state(args.src_iter ? args.src_iter + n * args.src_iter_batch : nullptr, args.hidden,
                   cell.state + n * cell.stride);
        read_state(args.src_iter_c ? args.src_iter_c + n * args.src_iter_c_batch : nullptr, args.hidden,
                   cell.cell + n * cell.stride);
    }
    for (int64_t i = 0; i < args.steps; i++) {
        const int64_t t = args.reverse ? args.steps - 1 - i : i;
        cell.project_input(t);
        cell.step(t);
    }
    for (int64_t n = 0; n < args.batch; n++) {
        if (args.dst_iter) {
            write_state(cell.state + n * cell.stride, args.hidden, args.dst_iter + n * args.dst_iter_batch);
        }
        if (args.dst_iter_c) {
            write_state(cell.cell + n * cell.stride, args.hidden, args.dst_iter_c + n * args.dst_iter_c_batch);
        }
    }
}

constexpr int64_t kMostGates = 4;

}  // namespace

void recurrent(const rondo_recurrent &args) {
    switch (args.cell) {
        case RONDO_RNN_TANH:
            return run<Rnn<tanh>>(args);
        case RONDO_RNN_RELU:
            return run<Rnn<relu>>(args);
        case RONDO_RNN_LOGISTIC:
            return run<Rnn<sigmoid>>(args);
        case RONDO_LSTM:
            return args.peephole ? run<Lstm<true>>(args) : run<Lstm<false>>(args);
        case RONDO_GRU:
            return run<Gru>(args);
        case RONDO_LBR_GRU:
            return run<LbrGru>(args);
    }
}

int64_t recurrent_scratch_size(int64_t batch, int64_t hidden) { return (2 + 2 * kMostGates) * batch * padded(hidden); }

int64_t recurrent_packed_size(int64_t gates, int64_t hidden, int64_t depth) { return gates * padded(hidden) * depth; }

// Each gate begins with a register of its own.
void recurrent_pack(const float *weights, int64_t gates, int64_t hidden, int64_t depth, float *packed) {
    const int64_t registers = registers_for(hidden);
    for (int64_t k = 0; k < gates; k++) {
        pack(weights + k * hidden * depth, hidden, depth, packed, k * registers, gates * registers);
    }
}

}  // namespace rondo::RONDO_ISA
