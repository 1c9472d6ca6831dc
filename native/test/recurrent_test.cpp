#include <initializer_list>
#include <thread>
#include <vector>

#include "check.h"
#include "rondo_kernels.h"

namespace {

using test::Guarded;

struct Case {
    int32_t cell;
    int64_t steps, batch, input, hidden;
    bool reverse, attention, peephole, src_iter, dst_layer, dst_iter, in_place, batch_first;
    int64_t gap;  // floats between rows
    int32_t parts;
    bool ragged;
    bool table;                        // whether ids tell a part of the input
    bool parents;                      // whether sequences go on from rows that others may go on from, too
    const rondo_functions *functions;  // or nullptr
};

const char *const kNames[] = {"rnn tanh", "rnn relu", "rnn logistic", "lstm", "gru", "lbr gru"};
const int64_t kGates[] = {1, 1, 1, 4, 3, 3};
constexpr int64_t kIds = 40, kDepth = 5;  // of a table, and of the vectors behind it

// Rows of a length at (step, sequence), apart from each other.
struct Rows {
    int64_t length, step, batch, size;

    Rows(const Case &c, int64_t steps, int64_t row)
        : length(row),
          step(c.batch_first ? row + c.gap : c.batch * (row + c.gap) + c.gap),
          batch(c.batch_first ? steps * (row + c.gap) + c.gap : row + c.gap),
          size(steps * c.batch == 0 ? 0 : (steps - 1) * step + (c.batch - 1) * batch + row) {}

    int64_t at(int64_t t, int64_t n) const { return t * step + n * batch; }
};

double sigmoid(double x) { return 1 / (1 + std::exp(-x)); }

double apply(const rondo_function &f, double x) {
    switch (f.kind) {
        case RONDO_RELU:
            return std::fmax(x, 0);
        case RONDO_TANH:
            return std::tanh(x);
        case RONDO_SIGMOID:
            return sigmoid(x);
        case RONDO_AFFINE:
            return f.alpha * x + f.beta;
        case RONDO_LEAKY_RELU:
            return x >= 0 ? x : f.alpha * x;
        case RONDO_THRESHOLDED_RELU:
            return x >= f.alpha ? x : 0;
        case RONDO_SCALED_TANH:
            return f.alpha * std::tanh(f.beta * x);
        case RONDO_HARD_SIGMOID:
            return std::fmin(std::fmax(f.alpha * x + f.beta, 0), 1);
        case RONDO_ELU:
            return x >= 0 ? x : f.alpha * std::expm1(x);
        case RONDO_SOFTSIGN:
            return x / (1 + std::fabs(x));
        default:
            return std::log1p(std::exp(x));
    }
}

rondo_functions usual(int32_t cell) {
    const int32_t gate = cell == RONDO_RNN_TANH ? RONDO_TANH : cell == RONDO_RNN_RELU ? RONDO_RELU : RONDO_SIGMOID;
    return {{gate, 0, 0}, {RONDO_TANH, 0, 0}, {RONDO_TANH, 0, 0}, INFINITY, 0};
}

using Row = std::vector<double>;

// weights (rows, x.size()), their product with x
Row product(const float *weights, int64_t rows, const Row &x) {
    Row result(rows);
    for (int64_t i = 0; i < rows; i++) {
        for (size_t k = 0; k < x.size(); k++) {
            result[i] += static_cast<double>(weights[i * x.size() + k]) * x[k];
        }
    }
    return result;
}

// One step of one sequence in double precision, as the header has the equations.
// G (K, H), U (K, H, H), state_bias (H), peephole (3, H), h and c (H)
void reference_step(const Case &c, const Row &G, const float *U, const float *state_bias, const float *peephole,
                    double keep, Row &h, Row &cell) {
    const int64_t H = c.hidden;
    const rondo_functions f = c.functions ? *c.functions : usual(c.cell);
    const auto call = [&](const rondo_function &function, double x) {
        return apply(function, std::fmin(std::fmax(x, -f.clip), f.clip));
    };
    const auto gate = [&](double x) { return call(f.gate, x); };
    const Row P = product(U, kGates[c.cell] * H, h);
    const auto arg = [&](int64_t k, int64_t i) { return G[k * H + i] + P[k * H + i]; };
    Row reset(H), next(H);
    for (int64_t i = 0; i < H; i++) {
        reset[i] = c.cell == RONDO_GRU ? gate(arg(1, i)) * h[i] : 0;
    }
    const Row candidate = product(c.cell == RONDO_GRU ? U + 2 * H * H : U, H, reset);
    for (int64_t i = 0; i < H; i++) {
        switch (c.cell) {
            case RONDO_RNN_TANH:
            case RONDO_RNN_RELU:
            case RONDO_RNN_LOGISTIC:
                next[i] = gate(arg(0, i));
                break;
            case RONDO_LSTM: {
                const auto peep = [&](int64_t row) { return c.peephole ? peephole[row * H + i] * cell[i] : 0; };
                const double in = gate(arg(0, i) + peep(0));
                const double forget = f.coupled ? 1 - in : gate(arg(1, i) + peep(1));
                cell[i] = forget * cell[i] + in * call(f.candidate, arg(2, i));
                next[i] = gate(arg(3, i) + peep(2)) * call(f.output, cell[i]);
                break;
            }
            default: {
                const double u = keep * gate(arg(0, i));
                const double o = call(f.candidate, c.cell == RONDO_GRU
                                                       ? G[2 * H + i] + candidate[i]
                                                       : G[2 * H + i] + gate(arg(1, i)) * (P[2 * H + i] + state_bias[i]));
                next[i] = u * h[i] + (1 - u) * o;
            }
        }
    }
    h = next;
}

double worst = 0;

// Compares what was written of a row with what should be there, and marks it as seen.
void check_row(const Case &c, const char *name, Guarded<float> &buffer, int64_t offset, const Row &expected,
               std::vector<bool> &written) {
    for (int64_t i = 0; i < c.hidden; i++) {
        const double error = std::fabs(buffer[offset + i] - expected[i]) / std::fmax(1, std::fabs(expected[i]));
        CHECK(error <= 4e-6, "%s of %s, %d: T %d, N %d, I %d, H %d, %d parts, reverse %d, attention %d, peephole %d, "
              "ragged %d, parents %d, function %d: %.9g, not %.9g",
              name, kNames[c.cell], int(i), int(c.steps), int(c.batch), int(c.input), int(c.hidden), c.parts, c.reverse,
              c.attention, c.peephole, c.ragged, c.parents, c.functions ? c.functions->gate.kind : -1, double(buffer[offset + i]),
              expected[i]);
        worst = std::fmax(worst, error);
        written[offset + i] = true;
    }
}

void check_gaps(const Case &c, const char *name, const Guarded<float> &buffer, const std::vector<bool> &written) {
    for (int64_t i = 0; i < buffer.count; i++) {
        CHECK(written[i] || buffer.is_untouched(i), "%s of %s: gap at %d: T %d, N %d, H %d", name, kNames[c.cell],
              int(i), int(c.steps), int(c.batch), int(c.hidden));
    }
}

// A state's memory before and after a call: two buffers, or one that is both.
struct State {
    Guarded<float> src, dst;
    bool in_place;

    State(const Case &c, const Rows &rows) : src(rows.size), dst(rows.size), in_place(c.in_place && c.src_iter) {
        for (int64_t n = 0; n < c.batch; n++) {
            for (int64_t i = 0; i < c.hidden; i++) {
                given()[rows.at(0, n) + i] = test::uniform(-1, 1);
            }
        }
    }

    Guarded<float> &given() { return in_place ? dst : src; }
};

// One call of each part, all at once.
void run_parts(rondo_recurrent args, int32_t parts) {
    uint32_t barrier[3] = {};
    args.parts = parts;
    args.barrier = parts > 1 ? barrier : nullptr;
    std::vector<std::thread> threads;
    for (args.part = 1; args.part < parts; args.part++) {
        threads.emplace_back([args] { rondo_recurrent_f32(&args); });
    }
    args.part = 0;
    rondo_recurrent_f32(&args);
    for (std::thread &thread : threads) {
        thread.join();
    }
}

void run(const Case &c) {
    const int64_t K = kGates[c.cell], H = c.hidden, I = c.input;
    const Rows input(c, c.steps, I), layer(c, c.steps, H), scores(c, c.steps, 1), iter(c, 1, H);
    Guarded<float> W(K * H * I), U(K * H * H), bias(K * H), state_bias(H), peephole(3 * H);
    Guarded<float> packed_w(rondo_recurrent_packed_size(K, H, I)), packed_u(rondo_recurrent_packed_size(K, H, H));
    Guarded<float> x(input.size), attention(scores.size), dst_layer(layer.size);
    Guarded<float> scratch(rondo_recurrent_scratch_size(c.steps, c.batch, I, H));
    Guarded<int64_t> lengths(c.batch), ids(c.steps * c.batch), parents(c.batch);
    Guarded<float> vectors(kIds * kDepth), V(K * H * kDepth), packed_v(rondo_recurrent_packed_size(K, H, kDepth));
    Guarded<float> table(rondo_recurrent_table_size(K, H, kIds));
    State h(c, iter), cell(c, iter);
    fill(W, 1.5f / std::sqrt(static_cast<float>(I)));
    fill(U, 1.0f / std::sqrt(static_cast<float>(H)));
    for (Guarded<float> *const buffer : {&bias, &state_bias, &peephole, &vectors, &V}) {
        fill(*buffer, 0.5f);
    }
    for (int64_t i = 0; i < ids.count; i++) {
        ids[i] = test::generator() % kIds;
    }
    fill(x, 1.5f);
    for (int64_t i = 0; i < attention.count; i++) {
        attention[i] = test::uniform(0, 1);
    }

    for (int64_t n = 0; n < c.batch; n++) {
        parents[n] = c.parents ? test::generator() % c.batch : n;
        lengths[n] = c.ragged ? test::generator() % (c.steps + 1) : c.steps;
    }

    // The reference goes first: src_iter may be overwritten.
    std::vector<std::vector<Row>> hidden_states;  // (N, 1 + T), the state before and after each step
    std::vector<Row> cells;                       // (N), c after the last
    for (int64_t n = 0; n < c.batch; n++) {
        Row state(H), memory(H);
        for (int64_t i = 0; c.src_iter && i < H; i++) {
            state[i] = h.given()[iter.at(0, parents[n]) + i];
            memory[i] = cell.given()[iter.at(0, parents[n]) + i];
        }
        hidden_states.push_back({state});
        for (int64_t i = 0; i < lengths[n]; i++) {
            const int64_t t = c.reverse ? lengths[n] - 1 - i : i;
            const float *const row = x.data + input.at(t, c.table ? parents[n] : n);
            Row G = product(W.data, K * H, Row(row, row + I));
            for (int64_t k = 0; k < K * H; k++) {
                G[k] += bias[k];
            }
            if (c.table) {
                const float *const vector = vectors.data + ids[n * c.steps + t] * kDepth;
                const Row known = product(V.data, K * H, Row(vector, vector + kDepth));
                for (int64_t k = 0; k < K * H; k++) {
                    G[k] += known[k];
                }
            }
            const double keep = c.attention ? 1.0 - attention[scores.at(t, n)] : 1;
            reference_step(c, G, U.data, state_bias.data, peephole.data, keep, state, memory);
            hidden_states[n].push_back(state);
        }
        cells.push_back(memory);
    }

    rondo_recurrent_pack_f32(W.data, K, H, I, c.parts, packed_w.data);
    const int64_t together = c.cell == RONDO_GRU ? 2 : K;
    rondo_recurrent_pack_f32(U.data, together, H, H, c.parts, packed_u.data);
    rondo_recurrent_pack_f32(U.data + together * H * H, K - together, H, H, c.parts,
                             packed_u.data + rondo_recurrent_packed_size(together, H, H));
    rondo_recurrent args = {};
    args.cell = c.cell;
    args.reverse = c.reverse;
    args.steps = c.steps;
    args.batch = c.batch;
    args.input = I;
    args.hidden = H;
    args.x = x.data;
    args.x_step = input.step;
    args.x_batch = input.batch;
    args.input_weights = packed_w.data;
    args.bias = bias.data;
    if (c.table) {
        rondo_recurrent_pack_f32(V.data, K, H, kDepth, c.parts, packed_v.data);
        rondo_recurrent_table_f32(vectors.data, kIds, kDepth, packed_v.data, K, H, c.parts, table.data);
        args.ids = ids.data;
        args.ids_step = 1;
        args.ids_batch = c.steps;
        args.table = table.data;
    }
    args.weights = packed_u.data;
    args.state_bias = c.cell == RONDO_LBR_GRU ? state_bias.data : nullptr;
    args.peephole = c.peephole ? peephole.data : nullptr;
    args.functions = c.functions;
    args.lengths = c.ragged ? lengths.data : nullptr;
    args.parents = c.parents ? parents.data : nullptr;
    args.attention = c.attention ? attention.data : nullptr;
    args.attention_step = scores.step;
    args.attention_batch = scores.batch;
    args.src_iter = c.src_iter ? h.given().data : nullptr;
    args.src_iter_batch = args.dst_iter_batch = args.src_iter_c_batch = args.dst_iter_c_batch = iter.batch;
    args.dst_layer = c.dst_layer ? dst_layer.data : nullptr;
    args.dst_layer_step = layer.step;
    args.dst_layer_batch = layer.batch;
    args.dst_iter = c.dst_iter ? h.dst.data : nullptr;
    if (c.cell == RONDO_LSTM) {
        args.src_iter_c = c.src_iter ? cell.given().data : nullptr;
        args.dst_iter_c = c.dst_iter ? cell.dst.data : nullptr;
    }
    args.scratch = scratch.data;
    run_parts(args, c.parts);

    std::vector<bool> layer_written(dst_layer.count), h_written(iter.size), c_written(iter.size);
    for (int64_t n = 0; n < c.batch; n++) {
        for (int64_t i = 0; c.dst_layer && i < c.steps; i++) {
            const bool ended = i >= lengths[n];
            const int64_t t = c.reverse && !ended ? lengths[n] - 1 - i : i;
            check_row(c, "dst_layer", dst_layer, layer.at(t, n), ended ? Row(H) : hidden_states[n][i + 1],
                      layer_written);
        }
        if (c.dst_iter) {
            check_row(c, "dst_iter", h.dst, iter.at(0, n), hidden_states[n].back(), h_written);
        }
        if (args.dst_iter_c) {
            check_row(c, "dst_iter_c", cell.dst, iter.at(0, n), cells[n], c_written);
        }
    }
    check_gaps(c, "dst_layer", dst_layer, layer_written);
    if (!h.in_place || c.dst_iter) {
        check_gaps(c, "dst_iter", h.dst, h_written);
    }
}

// A case of a cell with the options that the bits choose.
Case make(int32_t cell, int64_t steps, int64_t batch, int64_t input, int64_t hidden, uint32_t bits, int32_t parts = 1,
          const rondo_functions *functions = nullptr) {
    const auto bit = [&](int position) { return (bits >> position & 1) != 0; };
    const bool gru = cell == RONDO_GRU || cell == RONDO_LBR_GRU;
    return {cell,           steps,  batch,  input,  hidden, bit(0), gru && bit(1), cell == RONDO_LSTM && bit(1), bit(2),
            bit(3) || !bit(4), bit(4), bit(5), bit(6), bit(7) ? 3 : 0, parts, bit(8),
            bit(9),         bit(10) && steps == 1 && !bit(8), functions};
}

// Three functions of the cell chosen at random, whose parameters keep states small.
rondo_functions random_functions() {
    const auto function = [](uint32_t kind) {
        return rondo_function{static_cast<int32_t>(kind), test::uniform(0.1f, 0.7f), test::uniform(0.1f, 0.6f)};
    };
    const auto any = [] { return test::generator() % (RONDO_SOFTPLUS + 1); };
    return {function(any()), function(any()), function(any()), test::uniform(0.3f, 1.5f),
            static_cast<int32_t>(test::generator() % 2)};
}

}  // namespace

void test::recurrent() {
    for (int32_t cell = RONDO_RNN_TANH; cell <= RONDO_LBR_GRU; cell++) {
        for (uint32_t bits = 0; bits < 1024; bits++) {
            run(make(cell, 3, 2, 5, 7, bits));
            run(make(cell, 1, 5, 5, 7, 1u << 10 | bits));
        }
        run(make(cell, 1, 40, 129, 131, 3u << 9));  // several rows for each block, with parents and a table
        for (int64_t hidden = 1; hidden <= 70; hidden++) {  // every tail of every instruction set
            const int64_t batch = 1 + test::generator() % 9;
            run(make(cell, 1 + test::generator() % 4, batch, 1 + test::generator() % 40, hidden, test::generator()));
        }
        for (const int64_t steps : {0, 1, 5}) {
            run(make(cell, steps, 41, 129, 131, test::generator()));
            run(make(cell, steps, 0, 3, 5, test::generator()));
            run(make(cell, steps, 3, 0, 21, 1u << 9 | test::generator()));  // nothing but a table
        }
        for (int64_t hidden = 1; hidden <= 70; hidden++) {
            rondo_functions functions = random_functions();
            functions.gate.kind = static_cast<int32_t>(hidden % (RONDO_SOFTPLUS + 1));  // each, with many tails
            functions.clip = hidden % 4 == 0 ? INFINITY : functions.clip;
            const int64_t batch = 1 + test::generator() % 9;
            run(make(cell, 1 + test::generator() % 3, batch, 1 + test::generator() % 20, hidden, test::generator(), 1,
                     &functions));
        }
        run(make(cell, 80, 1, 64, 257, test::generator()));  // inputs of several chunks
        for (const int32_t parts : {2, 3}) {
            for (const int64_t hidden : {3, 17, 64, 131}) {  // some with fewer registers than parts
                run(make(cell, 9, 1 + test::generator() % 7, 33, hidden, test::generator(), parts));
                const rondo_functions functions = random_functions();
                run(make(cell, 4, 1 + test::generator() % 7, 9, hidden, test::generator(), parts, &functions));
                run(make(cell, 1, 9, 33, hidden, 1u << 10 | (test::generator() & ~(1u << 8)), parts));
            }
        }
    }
    std::printf("recurrent: error %.2g\n", worst);
}
