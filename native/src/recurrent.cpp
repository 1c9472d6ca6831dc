// Recurrent layers, step by step over packed weights: what a small batch needs, where reading the weights is the cost.
#include "barrier.h"
#include "elementwise.h"
#include "functions.h"
#include "kernels.h"
#include "matrix.h"

namespace rondo::RONDO_ISA {

namespace {

constexpr int64_t kMostGates = 4;

// The input's share of the gates is computed for so many rows (step and sequence) at once, if there are: enough to
// read its weights seldom, few enough that the gates stay in the nearest caches.
constexpr int64_t kRowsAtOnce = 6 * kRows;

int64_t steps_at_once(int64_t steps, int64_t batch) {
    const int64_t most = batch < kRowsAtOnce ? kRowsAtOnce / batch : 1;
    return steps < most ? steps : most;
}

// The units that a part computes: whole registers of them.
struct Share {
    int64_t first;  // the first unit
    int64_t count;
    int64_t width;  // count padded to whole registers

    Share(int64_t hidden, int64_t part, int64_t parts) {
        const int64_t registers = registers_for(hidden);
        first = registers * part / parts * kWidth;
        width = registers * (part + 1) / parts * kWidth - first;
        count = first + width < hidden ? width : hidden - first;
    }
};

// One part of a call, with S = H padded to whole registers and K gates. In the scratch, padding may hold anything: no
// result depends on it. Offsets of units count from the part's first.
template <int64_t kGates>
class Run {
public:
    explicit Run(const rondo_recurrent &arguments)
        : args(arguments), share(args.hidden, args.part, args.parts), stride(registers_for(args.hidden) * kWidth) {
        const int64_t size = args.batch * stride;
        state = args.scratch;
        next = state + size;
        reset = next + size;
        cells = reset + size;
        products = cells + size + args.batch * kGates * share.first;
        inputs = cells + size + kMostGates * size +
                 steps_at_once(args.steps, args.batch) * args.batch * kGates * share.first;
    }

    // Calls step(i, inputs of that step) for all steps.
    template <class Step>
    void all_steps(Step step) {
        for (int64_t n = 0; n < args.batch; n++) {
            read(args.src_iter, args.src_iter_batch, n, row(state, n));
            read(args.src_iter_c, args.src_iter_c_batch, n, row(cells, n));
        }
        meet(args.barrier, args.parts);
        const int64_t most = steps_at_once(args.steps, args.batch);
        for (int64_t begin = 0; begin < args.steps; begin += most) {
            const int64_t count = args.steps - begin < most ? args.steps - begin : most;
            project_inputs(begin, count);
            for (int64_t i = 0; i < count; i++) {
                step(begin + i, inputs + i * args.batch * kGates * share.width);
                meet(args.barrier, args.parts);
                float *const before = state;
                state = next;
                next = before;
            }
        }
        for (int64_t n = 0; n < args.batch; n++) {
            write(row(state, n), args.dst_iter, args.dst_iter_batch, n);
            write(row(cells, n), args.dst_iter_c, args.dst_iter_c_batch, n);
        }
    }

protected:
    const rondo_recurrent &args;
    const Share share;
    const int64_t stride;  // S
    float *state;          // (N, S): h before the step
    float *next;           // (N, S): h after it
    float *reset;          // (N, S): r * h
    float *cells;          // (N, S): c, each part its own units
    float *products;       // (N, K, width): the state's share of the part's gates
    float *inputs;         // (some steps, N, K, width): the input's

    // The part's units of a row of states.
    float *row(float *rows, int64_t n) const { return rows + n * stride + share.first; }
    const float *product(int64_t n) const { return products + n * kGates * share.width; }

    // products = src U for so many gates, beginning with one.
    void project(const float *src, const float *weights, int64_t gates, int64_t first) const {
        multiply([&](int64_t n) { return src + n * stride; }, args.batch, weights + args.hidden * gates * share.first,
                 args.hidden, gates * share.width / kWidth, products + first * share.width, kGates * share.width);
    }

    // Calls body(n, t) for each sequence whose step i comes, and where in it that is.
    template <class Body>
    void for_each_sequence(int64_t i, Body body) const {
        for (int64_t n = 0; n < args.batch; n++) {
            if (i < length(n)) {
                body(n, position(i, n));
            } else {
                stay(i, n);
            }
        }
    }

    // Calls body(i, lanes, gate input) for each register of the part's units of a sequence.
    template <class Body>
    void for_each_unit(const float *input, int64_t n, Body body) const {
        const float *const in = input + n * kGates * share.width;
        const float *const bias = args.bias + share.first;
        for_each_vec(share.count, [&](int64_t i, auto lanes) {
            body(i, lanes, [&](int64_t k) { return load(in + k * share.width + i) + lanes.load(bias + k * args.hidden + i); });
        });
    }

    // Stores the state after a step where the next step and the caller look for it.
    template <class Lanes>
    void put(int64_t t, int64_t n, int64_t i, Lanes lanes, vec h) const {
        store(row(next, n) + i, h);
        if (args.dst_layer) {
            lanes.store(layer_row(t, n) + i, h);
        }
    }

    // What attention leaves of the update gate.
    float kept(int64_t t, int64_t n) const {
        return args.attention ? 1 - args.attention[t * args.attention_step + n * args.attention_batch] : 1;
    }

private:
    int64_t length(int64_t n) const { return args.lengths ? args.lengths[n] : args.steps; }

    // Behind a sequence's length, the padding's.
    int64_t position(int64_t i, int64_t n) const {
        return args.reverse && i < length(n) ? length(n) - 1 - i : i;
    }

    void stay(int64_t t, int64_t n) const {
        const float *const before = row(state, n);
        for_each_vec(share.count, [&](int64_t i, auto lanes) {
            store(row(next, n) + i, load(before + i));
            if (args.dst_layer) {
                lanes.store(layer_row(t, n) + i, vec{});
            }
        });
    }

    float *layer_row(int64_t t, int64_t n) const {
        return args.dst_layer + t * args.dst_layer_step + n * args.dst_layer_batch + share.first;
    }

    void project_inputs(int64_t begin, int64_t count) const {
        const auto x = [&](int64_t r) {
            const int64_t n = r % args.batch;
            return args.x + position(begin + r / args.batch, n) * args.x_step + n * args.x_batch;
        };
        multiply(x, count * args.batch, args.input_weights + args.input * kGates * share.first, args.input,
                 kGates * share.width / kWidth, inputs, kGates * share.width);
    }

    void read(const float *src, int64_t src_batch, int64_t n, float *to) const {
        for_each_vec(share.count, [&](int64_t i, auto lanes) {
            store(to + i, src ? lanes.load(src + n * src_batch + share.first + i) : vec{});
        });
    }

    void write(const float *from, float *dst, int64_t dst_batch, int64_t n) const {
        if (dst) {
            for_each_vec(share.count, [&](int64_t i, auto lanes) {
                lanes.store(dst + n * dst_batch + share.first + i, load(from + i));
            });
        }
    }
};

// What the arguments of a cell's gates go through: one function alone,
template <vec (*kActivation)(vec)>
struct Only {
    explicit Only(const rondo_recurrent &) {}
    vec gate(vec x) const { return kActivation(x); }
};

// those of the equations,
struct Usual : Only<sigmoid> {
    using Only::Only;
    vec candidate(vec x) const { return tanh(x); }
    vec output(vec x) const { return tanh(x); }
    vec forget(vec, vec x) const { return gate(x); }
};

// or those that the caller chose.
class Chosen {
public:
    explicit Chosen(const rondo_recurrent &args) : functions(*args.functions) {}
    vec gate(vec x) const { return apply(functions.gate, clipped(x)); }
    vec candidate(vec x) const { return apply(functions.candidate, clipped(x)); }
    vec output(vec x) const { return apply(functions.output, clipped(x)); }
    vec forget(vec in, vec x) const { return functions.coupled ? 1.0f - in : gate(x); }

private:
    const rondo_functions &functions;

    vec clipped(vec x) const {
        const float clip = functions.clip;
        return x > clip ? splat(clip) : x < -clip ? splat(-clip) : x;  // NaN stays
    }
};

template <class Functions>
struct Rnn : Run<1> {
    using Run::Run;

    void step(int64_t s, const float *inputs_of_step) const {
        const Functions functions(args);
        project(state, args.weights, 1, 0);
        for_each_sequence(s, [&](int64_t n, int64_t t) {
            const float *const p = product(n);
            for_each_unit(inputs_of_step, n, [&](int64_t i, auto lanes, auto input) {
                put(t, n, i, lanes, functions.gate(input(0) + load(p + i)));
            });
        });
    }
};

template <class Functions, bool kPeephole>
struct Lstm : Run<4> {
    using Run::Run;

    void step(int64_t s, const float *inputs_of_step) const {
        const Functions functions(args);
        project(state, args.weights, 4, 0);
        for_each_sequence(s, [&](int64_t n, int64_t t) {
            const float *const p = product(n);
            float *const cell = row(cells, n);
            for_each_unit(inputs_of_step, n, [&](int64_t i, auto lanes, auto input) {
                const auto gate = [&](int64_t k) { return input(k) + load(p + k * share.width + i); };
                const auto peeping = [&](int64_t k, int64_t peephole, vec c) {
                    if constexpr (kPeephole) {
                        return gate(k) + lanes.load(args.peephole + peephole * args.hidden + share.first + i) * c;
                    } else {
                        return gate(k);
                    }
                };
                const vec before = load(cell + i);
                const vec in = functions.gate(peeping(0, 0, before));
                const vec forget = functions.forget(in, peeping(1, 1, before));
                const vec c = forget * before + in * functions.candidate(gate(2));
                store(cell + i, c);
                put(t, n, i, lanes, functions.gate(peeping(3, 2, c)) * functions.output(c));
            });
        });
    }
};

template <class Functions>
struct Gru : Run<3> {
    using Run::Run;

    void step(int64_t s, const float *inputs_of_step) const {
        const Functions functions(args);
        project(state, args.weights, 2, 0);
        for (int64_t n = 0; n < args.batch; n++) {
            const float *const p = product(n);
            const float *const h = row(state, n);
            for_each_unit(inputs_of_step, n, [&](int64_t i, auto, auto input) {
                store(row(reset, n) + i, functions.gate(input(1) + load(p + share.width + i)) * load(h + i));
            });
        }
        meet(args.barrier, args.parts);
        project(reset, args.weights + args.hidden * 2 * stride, 1, 2);
        for_each_sequence(s, [&](int64_t n, int64_t t) {
            const float *const p = product(n);
            const float *const h = row(state, n);
            const float keep = kept(t, n);
            for_each_unit(inputs_of_step, n, [&](int64_t i, auto lanes, auto input) {
                const vec u = keep * functions.gate(input(0) + load(p + i));
                const vec o = functions.candidate(input(2) + load(p + 2 * share.width + i));
                put(t, n, i, lanes, u * load(h + i) + (1 - u) * o);
            });
        });
    }
};

template <class Functions>
struct LbrGru : Run<3> {
    using Run::Run;

    void step(int64_t s, const float *inputs_of_step) const {
        const Functions functions(args);
        project(state, args.weights, 3, 0);
        const float *const bias = args.state_bias + share.first;
        for_each_sequence(s, [&](int64_t n, int64_t t) {
            const float *const p = product(n);
            const float *const h = row(state, n);
            const float keep = kept(t, n);
            for_each_unit(inputs_of_step, n, [&](int64_t i, auto lanes, auto input) {
                const vec u = keep * functions.gate(input(0) + load(p + i));
                const vec r = functions.gate(input(1) + load(p + share.width + i));
                const vec o = functions.candidate(input(2) + r * (load(p + 2 * share.width + i) + lanes.load(bias + i)));
                put(t, n, i, lanes, u * load(h + i) + (1 - u) * o);
            });
        });
    }
};

template <class Cell>
void run(const rondo_recurrent &args) {
    Cell cell(args);
    cell.all_steps([&](int64_t s, const float *inputs) { cell.step(s, inputs); });
}

template <class Functions>
void run_gated(const rondo_recurrent &args) {
    switch (args.cell) {
        case RONDO_LSTM:
            return args.peephole ? run<Lstm<Functions, true>>(args) : run<Lstm<Functions, false>>(args);
        case RONDO_GRU:
            return run<Gru<Functions>>(args);
        case RONDO_LBR_GRU:
            return run<LbrGru<Functions>>(args);
    }
}

}  // namespace

void recurrent(const rondo_recurrent &args) {
    if (args.batch == 0) {
        return;
    }
    const bool gated = args.cell == RONDO_LSTM || args.cell == RONDO_GRU || args.cell == RONDO_LBR_GRU;
    if (args.functions) {
        return gated ? run_gated<Chosen>(args) : run<Rnn<Chosen>>(args);
    }
    switch (args.cell) {
        case RONDO_RNN_TANH:
            return run<Rnn<Only<tanh>>>(args);
        case RONDO_RNN_RELU:
            return run<Rnn<Only<relu>>>(args);
        case RONDO_RNN_LOGISTIC:
            return run<Rnn<Only<sigmoid>>>(args);
        default:
            return run_gated<Usual>(args);
    }
}

int64_t recurrent_scratch_size(int64_t steps, int64_t batch, int64_t hidden) {
    const int64_t rows = batch == 0 ? 0 : (4 + kMostGates + kMostGates * steps_at_once(steps, batch)) * batch;
    return rows * registers_for(hidden) * kWidth;
}

int64_t recurrent_packed_size(int64_t gates, int64_t hidden, int64_t depth) {
    return gates * registers_for(hidden) * kWidth * depth;
}

// Part by part; in a part, each gate begins with a register of its own.
void recurrent_pack(const float *weights, int64_t gates, int64_t hidden, int64_t depth, int32_t parts, float *packed) {
    for (int32_t part = 0; part < parts; part++) {
        const Share share(hidden, part, parts);
        const int64_t registers = share.width / kWidth;
        for (int64_t k = 0; k < gates && registers > 0; k++) {
            pack(weights + (k * hidden + share.first) * depth, share.count, depth, packed + gates * depth * share.first,
                 k * registers, gates * registers);
        }
    }
}

}  // namespace rondo::RONDO_ISA
