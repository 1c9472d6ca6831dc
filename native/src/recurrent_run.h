// A call of a recurrent layer: what all cells do alike, from the order of the sequences to what they leave behind.
#pragma once

#include "barrier.h"
#include "elementwise.h"
#include "matrix.h"

namespace rondo::RONDO_ISA {

constexpr int64_t kMostGates = 4;

// The input's share of the gates is computed for so many rows (step and sequence) at once, if there are: enough to
// read its weights seldom, few enough that the gates stay in the nearest caches.
constexpr int64_t kRowsAtOnce = 6 * kRows;

inline int64_t steps_at_once(int64_t steps, int64_t batch) {
    const int64_t most = batch < kRowsAtOnce ? kRowsAtOnce / batch : 1;
    return steps < most ? steps : most;
}

// The most rows that are, whatever is left of the batch.
inline int64_t rows_at_once(int64_t steps, int64_t batch) {
    const int64_t most = batch < kRowsAtOnce ? kRowsAtOnce : batch;
    return steps * batch < most ? steps * batch : most;
}

// Floats that hold three numbers of each sequence, and leave what follows aligned.
inline int64_t order_size(int64_t batch) { return (3 * batch + 15) / 16 * 16; }

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
//
// Where sequences have lengths, they take the rows in the order of these, the longest first: those that still have a
// step to come are the first rows, and nothing is computed for the others.
//
// Where sequences have parents, the rows before the step are those of different parents, and a sequence's is its origin.
template <int64_t kGates>
class Run {
public:
    explicit Run(const rondo_recurrent &arguments)
        : args(arguments), share(args.hidden, args.part, args.parts), stride(registers_for(args.hidden) * kWidth) {
        const int64_t size = args.batch * stride;
        order = reinterpret_cast<int32_t *>(args.scratch);
        origins = order + args.batch;
        state = args.scratch + order_size(args.batch);
        next = state + size;
        reset = next + size;
        cells = reset + size;
        products = cells + size + args.batch * kGates * share.first;
        inputs = cells + size + kMostGates * size + rows_at_once(args.steps, args.batch) * kGates * share.first;
        woven = args.parts == 1 ? inputs + rows_at_once(args.steps, args.batch) * kGates * stride : nullptr;
        left = before = args.batch;
    }

    // Calls step(i, inputs of that step) for all steps.
    template <class Step>
    void all_steps(Step step) {
        put_in_order();
        for (int64_t r = 0; r < before; r++) {
            read(args.src_iter, args.src_iter_batch, ordered(r), row(state, r));
        }
        for (int64_t r = 0; r < args.batch; r++) {
            read(args.src_iter_c, args.src_iter_c_batch, ordered(origin(r)), row(cells, r));
        }
        meet(args.barrier, args.parts);
        let_go(0);
        for (int64_t begin = 0; left > 0;) {
            const int64_t rows = left;
            const int64_t count = steps_at_once(args.steps - begin, rows);
            project_inputs(begin, count);
            for (int64_t i = 0; i < count && left > 0; i++) {
                step(begin + i, inputs + i * rows * kGates * share.width);
                meet(args.barrier, args.parts);
                float *const last = state;
                state = next;
                next = last;
                let_go(begin + i + 1);
                before = left;
            }
            begin += count;
        }
    }

protected:
    const rondo_recurrent &args;
    const Share share;
    const int64_t stride;  // S
    int64_t left;          // rows whose sequences have a step to come
    int64_t before;        // rows of the state before the next step
    float *state;          // (N, S): h before the step
    float *next;           // (N, S): h after it
    float *reset;          // (N, S): r * h
    float *cells;          // (N, S): c, each part its own units
    float *products;       // (N, K, width): the state's share of the part's gates
    float *inputs;         // (some steps, N, K, width): the input's
    float *woven;          // rows as a product reads them, or NULL: parts would get into each other's way

    // The part's units of a row of states.
    float *row(float *rows, int64_t r) const { return rows + r * stride + share.first; }
    const float *product(int64_t r) const { return products + r * kGates * share.width; }

    // The row of the state before a step, and of its products, that a row goes on from.
    int64_t origin(int64_t r) const { return args.parents ? origins[r] : r; }

    // products = src U for so many rows and gates, beginning with one.
    void project(const float *src, int64_t rows, const float *weights, int64_t gates, int64_t first) const {
        multiply([&](int64_t r) { return src + r * stride; }, rows, weights + args.hidden * gates * share.first,
                 args.hidden, gates * share.width / kWidth, products + first * share.width, kGates * share.width, woven);
    }

    // Calls body(i, lanes, gate input) for each register of the part's units of a row.
    template <class Body>
    void for_each_unit(const float *input, int64_t r, Body body) const {
        const float *const in = input + r * kGates * share.width;
        const float *const bias = args.bias + share.first;
        for_each_vec(share.count, [&](int64_t i, auto lanes) {
            body(i, lanes, [&](int64_t k) { return load(in + k * share.width + i) + lanes.load(bias + k * args.hidden + i); });
        });
    }

    // Stores the state after a step, the s-th that is taken, where the next step and the caller look for it.
    template <class Lanes>
    void put(int64_t s, int64_t r, int64_t i, Lanes lanes, vec h) const {
        store(row(next, r) + i, h);
        if (args.dst_layer) {
            lanes.store(layer_row(position(s, r), sequence(r)) + i, h);
        }
    }

    // What attention leaves of the update gate.
    float kept(int64_t s, int64_t r) const {
        return args.attention
                   ? 1 - args.attention[position(s, r) * args.attention_step + sequence(r) * args.attention_batch]
                   : 1;
    }

private:
    int32_t *order;    // (N): the sequence of each row, where there are lengths; its parent, where there are parents
    int32_t *origins;  // (N): where there are parents, the row of each sequence's; behind them a row for each parent

    void put_in_order() {
        if (!args.lengths && !args.parents) {
            return;
        }
        if (args.part == 0) {
            args.lengths ? sort() : tell_parents_apart();
        }
        meet(args.barrier, args.parts);
        if (args.parents) {
            before = 0;
            for (int64_t n = 0; n < args.batch; n++) {
                before = origins[n] < before ? before : origins[n] + 1;
            }
        }
    }

    // By insertion: batches are small, and often sorted.
    void sort() {
        for (int64_t n = 0; n < args.batch; n++) {
            int64_t r = n;
            for (; r > 0 && args.lengths[order[r - 1]] < args.lengths[n]; r--) {
                order[r] = order[r - 1];
            }
            order[r] = static_cast<int32_t>(n);
        }
    }

    // In the order of the first sequences that go on from them.
    void tell_parents_apart() {
        int32_t *const rows = origins + args.batch;
        for (int64_t n = 0; n < args.batch; n++) {
            rows[args.parents[n]] = -1;
        }
        int32_t count = 0;
        for (int64_t n = 0; n < args.batch; n++) {
            const int32_t parent = static_cast<int32_t>(args.parents[n]);
            if (rows[parent] < 0) {
                order[count] = parent;
                rows[parent] = count++;
            }
            origins[n] = rows[parent];
        }
    }

    int64_t ordered(int64_t r) const { return args.lengths || args.parents ? order[r] : r; }
    int64_t sequence(int64_t r) const { return args.lengths ? order[r] : r; }
    int64_t length(int64_t r) const { return args.lengths ? args.lengths[order[r]] : args.steps; }

    // Where in its sequence a row's s-th step is; behind its length, in the padding.
    int64_t position(int64_t s, int64_t r) const {
        return args.reverse && s < length(r) ? length(r) - 1 - s : s;
    }

    // Writes the results of the rows that have no more steps after so many.
    void let_go(int64_t steps) {
        for (; left > 0 && length(left - 1) <= steps; left--) {
            const int64_t r = left - 1;
            const int64_t n = sequence(r);
            write(row(state, r), args.dst_iter, args.dst_iter_batch, n);
            write(row(cells, r), args.dst_iter_c, args.dst_iter_c_batch, n);
            for (int64_t t = steps; args.dst_layer && t < args.steps; t++) {
                for_each_vec(share.count, [&](int64_t i, auto lanes) { lanes.store(layer_row(t, n) + i, vec{}); });
            }
        }
    }

    float *layer_row(int64_t t, int64_t n) const {
        return args.dst_layer + t * args.dst_layer_step + n * args.dst_layer_batch + share.first;
    }

    // (count, left): rows that end on the way have a share of the padding.
    void project_inputs(int64_t begin, int64_t count) const {
        const int64_t rows = count * left, width = kGates * share.width;
        const auto step = [&](int64_t i) { return position(begin + i / left, i % left); };
        const auto x = [&](int64_t i) { return args.x + step(i) * args.x_step + sequence(i % left) * args.x_batch; };
        const float *const weights = args.input_weights + args.input * kGates * share.first;
        if (!args.table) {
            multiply(x, rows, weights, args.input, width / kWidth, inputs, width, woven);
            return;
        }
        const bool shared = args.parents && args.input > 0;
        if (shared) {
            multiply([&](int64_t r) { return args.x + order[r] * args.x_batch; }, before, weights, args.input,
                     width / kWidth, products, width, woven);
        }
        for (int64_t i = 0; i < rows; i++) {
            const int64_t id = args.ids[step(i) * args.ids_step + sequence(i % left) * args.ids_batch];
            const float *const known = args.table + (id * stride + share.first) * kGates;
            const float *const other = shared ? product(origin(i)) : nullptr;
            for_each_vec(width, [&](int64_t j, auto) {
                store(inputs + i * width + j, other ? load(known + j) + load(other + j) : load(known + j));
            });
        }
        if (args.input > 0 && !shared) {
            multiply<true>(x, rows, weights, args.input, width / kWidth, inputs, width, woven);
        }
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

}  // namespace rondo::RONDO_ISA
