#include <functional>
#include <vector>

#include "check.h"
#include "rondo_kernels.h"

namespace {

using test::fill;
using test::Guarded;
using Row = std::vector<double>;

double sigmoid(double x) { return 1 / (1 + std::exp(-x)); }

double worst = 0;  // of errors, as a share of what is allowed

void check(const char *what, int64_t i, double actual, double expected, double allowed) {
    CHECK(test::near(actual, expected, allowed), "%s %d: %.9g instead of %.9g", what, int(i), actual, expected);
    worst = std::fmax(worst, std::fabs(actual - expected) / allowed);
}

// What a step of one sequence reads, and what comes of it.
enum { SHARE, PRODUCT, GAIN, SHIFT, CELL_GAIN, CELL_SHIFT, SRC, SRC_CELL, SRC_NORMALIZER, SRC_STABILIZER, INPUTS };
enum { DST, CELL, NORMALIZER, STABILIZER, OUTPUTS };
enum Cell { LSTM, GRU, COUPLED, SLSTM };

constexpr const char *kNames[] = {"lstm", "gru", "coupled lstm", "slstm"};
constexpr float kEps = 1e-2f;

struct Case {
    Cell cell;
    int64_t batch, hidden;
    bool norm, received;  // whether gradients of all results are there

    int64_t gates() const { return cell == GRU || cell == COUPLED ? 3 : 4; }
    int64_t width(int array) const {
        switch (array) {
            case SHARE:
            case PRODUCT:
            case GAIN:
            case SHIFT:
                return gates() * hidden;
            default:
                return hidden;
        }
    }
    bool has(int array) const {
        switch (array) {
            case GAIN:
            case SHIFT:
                return norm;
            case CELL_GAIN:
            case CELL_SHIFT:
                return norm && cell == LSTM;
            case SRC:
                return cell == GRU;
            case SRC_CELL:
                return cell != GRU;
            case SRC_NORMALIZER:
            case SRC_STABILIZER:
                return cell == SLSTM;
            default:
                return true;
        }
    }
    bool gives(int array) const { return array == DST || (cell != GRU && array == CELL) || cell == SLSTM; }
    bool shared(int array) const { return array >= GAIN && array <= CELL_SHIFT; }  // by all sequences
};

void normalize(Row &x, size_t from, size_t to, const Row &gain, const Row &shift) {
    double mean = 0, variance = 0;
    for (size_t i = from; i < to; i++) {
        mean += x[i] / double(to - from);
    }
    for (size_t i = from; i < to; i++) {
        variance += (x[i] - mean) * (x[i] - mean) / double(to - from);
    }
    for (size_t i = from; i < to; i++) {
        x[i] = (x[i] - mean) / std::sqrt(variance + double(kEps)) * gain[i] + shift[i];
    }
}

std::vector<Row> step(const Case &c, const std::vector<Row> &in) {
    const size_t h = size_t(c.hidden);
    Row p = in[PRODUCT];
    if (c.norm && c.cell == LSTM) {
        normalize(p, 0, 4 * h, in[GAIN], in[SHIFT]);
    } else if (c.norm) {
        normalize(p, 0, 2 * h, in[GAIN], in[SHIFT]);
        normalize(p, 2 * h, 3 * h, in[GAIN], in[SHIFT]);
    }
    const auto gate = [&](size_t g, size_t i) { return in[SHARE][g * h + i] + p[g * h + i]; };
    std::vector<Row> out(OUTPUTS, Row(h));
    Row read(h);
    for (size_t i = 0; i < h; i++) {
        switch (c.cell) {
            case LSTM:
                read[i] = out[CELL][i] =
                    sigmoid(gate(1, i)) * in[SRC_CELL][i] + sigmoid(gate(0, i)) * std::tanh(gate(2, i));
                break;
            case COUPLED: {
                const double input = sigmoid(gate(0, i));
                read[i] = out[CELL][i] = (1 - input) * in[SRC_CELL][i] + input * std::tanh(gate(1, i));
                break;
            }
            case GRU: {
                const double r = sigmoid(gate(0, i)), z = sigmoid(gate(1, i));
                out[DST][i] = z * in[SRC][i] + (1 - z) * std::tanh(in[SHARE][2 * h + i] + r * p[2 * h + i]);
                break;
            }
            case SLSTM: {
                const double kept = std::log(sigmoid(gate(1, i))) + in[SRC_STABILIZER][i];
                const double m = out[STABILIZER][i] = std::fmax(kept, gate(0, i));
                const double f = std::exp(kept - m), input = std::exp(gate(0, i) - m);
                out[CELL][i] = f * in[SRC_CELL][i] + input * std::tanh(gate(2, i));
                out[NORMALIZER][i] = f * in[SRC_NORMALIZER][i] + input;
                out[DST][i] = sigmoid(gate(3, i)) * out[CELL][i] / out[NORMALIZER][i];
            }
        }
    }
    if (c.norm && c.cell == LSTM) {
        normalize(read, 0, h, in[CELL_GAIN], in[CELL_SHIFT]);
    }
    for (size_t i = 0; i < h && (c.cell == LSTM || c.cell == COUPLED); i++) {
        out[DST][i] = sigmoid(gate(c.cell == LSTM ? 3 : 2, i)) * std::tanh(read[i]);
    }
    return out;
}

void cell(const Case &c) {
    const int64_t units = c.batch * c.hidden, all = units * c.gates();
    std::vector<Guarded<float> *> in, out, diff_out, diff_in;
    const auto array = [&](bool there, int64_t size) { return new Guarded<float>(there ? size : 0); };
    for (int i = 0; i < INPUTS; i++) {
        const int64_t size = c.shared(i) ? c.width(i) : c.batch * c.width(i);
        in.push_back(array(c.has(i), size));
        diff_in.push_back(array(c.has(i), size));
        fill(*in[size_t(i)], 1);
    }
    for (int64_t i = 0; i < in[SRC_NORMALIZER]->count; i++) {
        (*in[SRC_NORMALIZER])[i] = test::uniform(0.5f, 2);
    }
    for (int i = 0; i < OUTPUTS; i++) {
        out.push_back(array(c.gives(i), units));
        diff_out.push_back(array(c.gives(i) && i != STABILIZER, units));
        fill(*diff_out[size_t(i)], 1);
    }
    Guarded<float> gates(all), normalized(c.norm ? all : 0), normalized_cell(c.norm ? units : 0);
    Guarded<float> scales(c.norm ? 2 * c.batch : 0);
    const auto given = [](Guarded<float> *one) { return one->count > 0 ? one->data : nullptr; };
    rondo_cell_step s = {};
    s.batch = c.batch;
    s.hidden = c.hidden;
    s.eps = kEps;
    s.share = given(in[SHARE]);
    s.product = given(in[PRODUCT]);
    s.gain = given(in[GAIN]);
    s.shift = given(in[SHIFT]);
    s.cell_gain = given(in[CELL_GAIN]);
    s.cell_shift = given(in[CELL_SHIFT]);
    s.src = given(in[SRC]);
    s.src_cell = given(in[SRC_CELL]);
    s.src_normalizer = given(in[SRC_NORMALIZER]);
    s.src_stabilizer = given(in[SRC_STABILIZER]);
    s.dst = given(out[DST]);
    s.cell = given(out[CELL]);
    s.normalizer = given(out[NORMALIZER]);
    s.stabilizer = given(out[STABILIZER]);
    s.gates = gates.data;
    s.normalized = normalized.data;
    s.normalized_cell = normalized_cell.data;
    s.scales = scales.data;
    s.diff_dst = c.received ? given(diff_out[DST]) : nullptr;
    s.diff_cell = given(diff_out[CELL]);
    s.diff_normalizer = c.received ? given(diff_out[NORMALIZER]) : nullptr;
    s.diff_share = given(diff_in[SHARE]);
    s.diff_product = given(diff_in[PRODUCT]);
    s.diff_src = given(diff_in[SRC]);
    s.diff_src_cell = given(diff_in[SRC_CELL]);
    s.diff_src_normalizer = given(diff_in[SRC_NORMALIZER]);
    s.diff_gain = given(diff_in[GAIN]);
    s.diff_shift = given(diff_in[SHIFT]);
    s.diff_cell_gain = given(diff_in[CELL_GAIN]);
    s.diff_cell_shift = given(diff_in[CELL_SHIFT]);
    using Step = void (*)(const rondo_cell_step *);
    constexpr Step forward[] = {rondo_lstm_cell_f32, rondo_gru_cell_f32, rondo_coupled_lstm_cell_f32,
                                rondo_slstm_cell_f32};
    constexpr Step backward[] = {rondo_lstm_cell_backward_f32, rondo_gru_cell_backward_f32,
                                 rondo_coupled_lstm_cell_backward_f32, rondo_slstm_cell_backward_f32};
    forward[c.cell](&s);
    backward[c.cell](&s);

    std::vector<Row> expected(INPUTS);
    for (int i = 0; i < INPUTS; i++) {
        expected[size_t(i)].assign(size_t(diff_in[size_t(i)]->count), 0);
    }
    for (int64_t n = 0; n < c.batch; n++) {
        std::vector<Row> row(INPUTS);
        for (int i = 0; i < INPUTS; i++) {
            for (int64_t j = 0; c.has(i) && j < c.width(i); j++) {
                row[size_t(i)].push_back((*in[size_t(i)])[c.shared(i) ? j : n * c.width(i) + j]);
            }
        }
        const std::vector<Row> results = step(c, row);
        for (int i = 0; i < OUTPUTS; i++) {
            for (int64_t j = 0; c.gives(i) && j < c.hidden; j++) {
                check(kNames[c.cell], j, (*out[size_t(i)])[n * c.hidden + j], results[size_t(i)][size_t(j)], 2e-5);
            }
        }
        // What the stabilizer does cancels in h alone, so the gradients of an sLSTM are those of c and n unstabilized.
        const auto loss = [&] {
            double total = 0;
            std::vector<Row> now = step(c, row);
            const auto scale = [&](size_t j) {
                return c.cell == SLSTM ? std::exp(now[STABILIZER][j] - results[STABILIZER][j]) : 1.0;
            };
            for (size_t j = 0; j < size_t(c.hidden); j++) {
                const size_t at = size_t(n * c.hidden) + j;
                total += c.received ? now[DST][j] * double((*diff_out[DST])[int64_t(at)]) : 0;
                total += c.gives(CELL) ? now[CELL][j] * scale(j) * double((*diff_out[CELL])[int64_t(at)]) : 0;
                total += c.received && c.gives(NORMALIZER)
                             ? now[NORMALIZER][j] * scale(j) * double((*diff_out[NORMALIZER])[int64_t(at)])
                             : 0;
            }
            return total;
        };
        for (int i = 0; i < INPUTS; i++) {
            for (int64_t j = 0; i != SRC_STABILIZER && c.has(i) && j < c.width(i); j++) {
                double &x = row[size_t(i)][size_t(j)];
                const double before = x;
                x = before + 1e-5;
                const double high = loss();
                x = before - 1e-5;
                expected[size_t(i)][size_t(c.shared(i) ? j : n * c.width(i) + j)] += (high - loss()) / 2e-5;
                x = before;
            }
        }
    }
    for (int i = 0; i < INPUTS; i++) {
        const bool same = i == PRODUCT && !c.norm && c.cell != GRU;  // as that of the share, and not written
        for (int64_t j = 0; i != SRC_STABILIZER && !same && j < diff_in[size_t(i)]->count; j++) {
            check(kNames[c.cell], 1000 * i + j, (*diff_in[size_t(i)])[j], expected[size_t(i)][size_t(j)], 1e-4);
        }
    }
    for (auto *arrays : {&in, &out, &diff_out, &diff_in}) {
        for (Guarded<float> *one : *arrays) {
            delete one;
        }
    }
}

struct Scan {
    bool gated, update, weight, initial;
    int32_t activation;
    int64_t steps, batch, hidden, gap;
};

// The states, from the inputs of all steps.
Row scan(const Scan &c, const Row &x, const Row &gate, const Row &weight, const Row &initial) {
    const size_t size = size_t(c.batch * c.hidden);
    Row h = initial, all;
    for (size_t t = 0; t < size_t(c.steps); t++) {
        for (size_t i = 0; i < size; i++) {
            const double v = weight[i % size_t(c.hidden)], in = x[t * size + i];
            const auto act = [&](double y) {
                return c.activation == RONDO_RNN_TANH ? std::tanh(y) : c.activation == RONDO_RNN_RELU ? std::fmax(y, 0) : y;
            };
            if (c.gated) {
                const double s = sigmoid(gate[t * size + i] + v * h[i]), f = c.update ? 1 - s : s;
                h[i] = f * h[i] + (1 - f) * act(in);
            } else {
                h[i] = act(in + v * h[i]);
            }
            all.push_back(h[i]);
        }
    }
    return all;
}

void scans(const Scan &c) {
    const int64_t size = c.batch * c.hidden, rows = c.steps * c.batch, stride = c.hidden + c.gap;
    Guarded<float> x((rows - 1) * stride + c.hidden), gate((rows - 1) * stride + c.hidden), weight(c.hidden);
    Guarded<float> src(size), dst(c.steps * size), diff_dst(c.steps * size), diff_x(c.steps * size);
    Guarded<float> diff_gate(c.steps * size), diff_weight(size), diff_src(size);
    for (Guarded<float> *array : {&x, &gate, &weight, &src, &diff_dst}) {
        fill(*array, 1);
    }
    rondo_scan s = {};
    s.steps = c.steps;
    s.batch = c.batch;
    s.hidden = c.hidden;
    s.activation = c.activation;
    s.update = c.update;
    s.x = x.data;
    s.x_row = stride;
    s.gate = gate.data;
    s.gate_row = stride;
    s.weight = c.weight ? weight.data : nullptr;
    s.src = c.initial ? src.data : nullptr;
    s.dst = dst.data;
    s.diff_dst = diff_dst.data;
    s.diff_x = diff_x.data;
    s.diff_gate = diff_gate.data;
    s.diff_weight = diff_weight.data;
    s.diff_src = diff_src.data;
    // Two calls share the work, by columns or by rows.
    for (const bool back : {false, true}) {
        for (const int64_t part : {0, 1}) {
            const bool by_rows = c.batch > 1;
            s.from_row = by_rows ? c.batch * part / 2 : 0;
            s.to_row = by_rows ? c.batch * (part + 1) / 2 : c.batch;
            s.from = by_rows ? 0 : c.hidden * part / 2;
            s.to = by_rows ? c.hidden : c.hidden * (part + 1) / 2;
            (c.gated ? back ? rondo_gated_scan_backward_f32 : rondo_gated_scan_f32
             : back  ? rondo_independent_scan_backward_f32
                     : rondo_independent_scan_f32)(&s);
        }
    }
    Row in[4];
    for (int64_t r = 0; r < rows; r++) {
        for (int64_t i = 0; i < c.hidden; i++) {
            in[0].push_back(x[r * stride + i]);
            in[1].push_back(gate[r * stride + i]);
        }
    }
    for (int64_t i = 0; i < c.hidden; i++) {
        in[2].push_back(c.weight ? weight[i] : 0);
    }
    for (int64_t i = 0; i < size; i++) {
        in[3].push_back(c.initial ? src[i] : 0);
    }
    const Row states = scan(c, in[0], in[1], in[2], in[3]);
    for (int64_t i = 0; i < c.steps * size; i++) {
        check("scan", i, dst[i], states[size_t(i)], 2e-6 * double(c.steps));
    }
    const auto loss = [&] {
        const Row now = scan(c, in[0], in[1], in[2], in[3]);
        double total = 0;
        for (size_t i = 0; i < now.size(); i++) {
            total += now[i] * double(diff_dst[int64_t(i)]);
        }
        return total;
    };
    for (int which = 0; which < 4; which++) {
        if ((which == 1 && !c.gated) || (which == 2 && !c.weight)) {
            continue;
        }
        for (size_t i = 0; i < in[which].size(); i++) {
            const double before = in[which][i];
            in[which][i] = before + 1e-6;
            const double high = loss();
            in[which][i] = before - 1e-6;
            const double expected = (high - loss()) / 2e-6;
            in[which][i] = before;
            double actual = which == 0   ? diff_x[int64_t(i)]
                            : which == 1 ? diff_gate[int64_t(i)]
                            : which == 3 ? diff_src[int64_t(i)]
                                         : 0;
            for (int64_t n = 0; which == 2 && n < c.batch; n++) {
                actual += double(diff_weight[n * c.hidden + int64_t(i)]);
            }
            check("scan's gradient", which * 1000 + int64_t(i), actual, expected, 1e-4);
        }
    }
}

}  // namespace

void test::cells() {
    constexpr int32_t kActivations[] = {RONDO_IDENTITY, RONDO_RNN_TANH, RONDO_RNN_RELU, RONDO_RNN_LOGISTIC};
    for (const Cell kind : {LSTM, GRU, COUPLED, SLSTM}) {
        for (int64_t hidden = 1; hidden <= 35; hidden += hidden < 18 ? 1 : 4) {
            const bool received = kind == GRU || generator() % 2;
            cell({kind, 1 + hidden % 3, hidden, false, received});
            if (kind == LSTM || kind == GRU) {
                cell({kind, 1 + hidden % 3, hidden, true, kind == GRU || !received});
            }
        }
    }
    for (int64_t hidden = 1; hidden <= 35; hidden += hidden < 18 ? 1 : 4) {
        const int64_t batch = 1 + hidden % 2, gap = hidden % 3;
        scans({true, hidden % 2 == 0, hidden % 3 > 0, hidden % 4 > 0, kActivations[hidden % 3], 4, batch, hidden, gap});
        scans({false, false, true, hidden % 4 > 0, kActivations[1 + hidden % 2], 4, batch, hidden, gap});
    }
    std::printf("cells: %.2g of the allowed error\n", worst);
}
