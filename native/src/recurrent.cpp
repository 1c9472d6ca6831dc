// Recurrent layers, step by step over packed weights: what a small batch needs, where reading the weights is the cost.
#include "functions.h"
#include "kernels.h"
#include "recurrent_run.h"

namespace rondo::RONDO_ISA {

namespace {

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
        project(state, before, args.weights, 1, 0);
        for (int64_t n = 0; n < left; n++) {
            const float *const p = product(origin(n));
            for_each_unit(inputs_of_step, n, [&](int64_t i, auto lanes, auto input) {
                put(s, n, i, lanes, functions.gate(input(0) + load(p + i)));
            });
        }
    }
};

template <class Functions, bool kPeephole>
struct Lstm : Run<4> {
    using Run::Run;

    void step(int64_t s, const float *inputs_of_step) const {
        const Functions functions(args);
        project(state, before, args.weights, 4, 0);
        for (int64_t n = 0; n < left; n++) {
            const float *const p = product(origin(n));
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
                put(s, n, i, lanes, functions.gate(peeping(3, 2, c)) * functions.output(c));
            });
        }
    }
};

template <class Functions>
struct Gru : Run<3> {
    using Run::Run;

    void step(int64_t s, const float *inputs_of_step) const {
        const Functions functions(args);
        project(state, before, args.weights, 2, 0);
        for (int64_t n = 0; n < left; n++) {
            const float *const p = product(origin(n));
            const float *const h = row(state, origin(n));
            for_each_unit(inputs_of_step, n, [&](int64_t i, auto, auto input) {
                store(row(reset, n) + i, functions.gate(input(1) + load(p + share.width + i)) * load(h + i));
            });
        }
        meet(args.barrier, args.parts);
        project(reset, left, args.weights + args.hidden * 2 * stride, 1, 2);
        for (int64_t n = 0; n < left; n++) {
            const float *const p = product(origin(n));
            const float *const candidate = product(n) + 2 * share.width;
            const float *const h = row(state, origin(n));
            const float keep = kept(s, n);
            for_each_unit(inputs_of_step, n, [&](int64_t i, auto lanes, auto input) {
                const vec u = keep * functions.gate(input(0) + load(p + i));
                const vec o = functions.candidate(input(2) + load(candidate + i));
                put(s, n, i, lanes, u * load(h + i) + (1 - u) * o);
            });
        }
    }
};

template <class Functions>
struct LbrGru : Run<3> {
    using Run::Run;

    void step(int64_t s, const float *inputs_of_step) const {
        const Functions functions(args);
        project(state, before, args.weights, 3, 0);
        const float *const bias = args.state_bias + share.first;
        for (int64_t n = 0; n < left; n++) {
            const float *const p = product(origin(n));
            const float *const h = row(state, origin(n));
            const float keep = kept(s, n);
            for_each_unit(inputs_of_step, n, [&](int64_t i, auto lanes, auto input) {
                const vec u = keep * functions.gate(input(0) + load(p + i));
                const vec r = functions.gate(input(1) + load(p + share.width + i));
                const vec o = functions.candidate(input(2) + r * (load(p + 2 * share.width + i) + lanes.load(bias + i)));
                put(s, n, i, lanes, u * load(h + i) + (1 - u) * o);
            });
        }
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

int64_t recurrent_scratch_size(int64_t steps, int64_t batch, int64_t input, int64_t hidden) {
    const int64_t at_once = rows_at_once(steps, batch);
    const int64_t rows = (4 + kMostGates) * batch + kMostGates * at_once;
    const int64_t woven = batch * hidden > at_once * input ? batch * hidden : at_once * input;
    return order_size(batch) + rows * registers_for(hidden) * kWidth + woven;
}

int64_t recurrent_table_size(int64_t gates, int64_t hidden, int64_t ids) {
    return ids * gates * registers_for(hidden) * kWidth;
}

// For each id what a part's gates get of it lies together, as in Run::inputs.
void recurrent_table(const float *vectors, int64_t ids, int64_t depth, const float *weights, int64_t gates,
                     int64_t hidden, int32_t parts, float *table) {
    const int64_t stride = registers_for(hidden) * kWidth;
    for (int32_t part = 0; part < parts; part++) {
        const Share share(hidden, part, parts);
        for (int64_t first = 0; first < ids; first += kRowsAtOnce) {
            const int64_t rows = ids - first < kRowsAtOnce ? ids - first : kRowsAtOnce;
            multiply([&](int64_t r) { return vectors + (first + r) * depth; }, rows,
                     weights + depth * gates * share.first, depth, gates * share.width / kWidth,
                     table + (first * stride + share.first) * gates, gates * stride);
        }
    }
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
