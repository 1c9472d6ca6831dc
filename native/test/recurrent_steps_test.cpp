#include <algorithm>
#include <array>
#include <initializer_list>
#include <limits>
#include <vector>

#include "check.h"
#include "rondo_kernels.h"

namespace {

using test::fill;
using test::Guarded;

enum Cell { TANH, RELU, LOGISTIC, LSTM, LBR_GRU, GRU };

constexpr const char *kNames[] = {"tanh", "relu", "logistic", "lstm", "lbr_gru", "gru"};

struct Case {
    Cell cell;
    int64_t batch, hidden;
    bool diff_dst, attention;
    int64_t gap;  // floats between rows
    float scale;  // of the gates' arguments
};

bool is_gru(Cell cell) { return cell == LBR_GRU || cell == GRU; }

int64_t gates_of(Cell cell) { return cell == LSTM ? 4 : is_gru(cell) ? 3 : 1; }

// What one unit of one sequence reads in a step: the gates' arguments, the recurrent products, h, c and the attention.
// The recurrent product of a GRU that resets before it is the identity here: U (r h) = r h.
enum { GATE = 0, PRODUCT = 4, H = 7, C = 8, ATTENTION = 9, SIZE = 10 };
using Unit = std::array<double, SIZE>;

struct Next {
    double h, c;
    double gates[4];  // activated
};

double sigmoid(double x) { return 1 / (1 + std::exp(-x)); }

Next step(Cell cell, const Unit &u) {
    switch (cell) {
        case TANH:
            return {std::tanh(u[GATE]), 0, {}};
        case RELU:
            return {std::max(u[GATE], 0.0), 0, {}};
        case LOGISTIC:
            return {sigmoid(u[GATE]), 0, {}};
        case LSTM: {
            const double i = sigmoid(u[GATE]), f = sigmoid(u[GATE + 1]), g = std::tanh(u[GATE + 2]);
            const double o = sigmoid(u[GATE + 3]), c = f * u[C] + i * g;
            return {o * std::tanh(c), c, {i, f, g, o}};
        }
        case LBR_GRU: {
            const double r = sigmoid(u[GATE] + u[PRODUCT]), z = sigmoid(u[GATE + 1] + u[PRODUCT + 1]);
            const double n = std::tanh(u[GATE + 2] + r * u[PRODUCT + 2]), share = (1 - u[ATTENTION]) * z;
            return {share * u[H] + (1 - share) * n, 0, {r, z, n}};
        }
        default: {
            const double r = sigmoid(u[GATE]), z = sigmoid(u[GATE + 1]);
            const double n = std::tanh(u[GATE + 2] + r * u[H]), share = (1 - u[ATTENTION]) * z;
            return {share * u[H] + (1 - share) * n, 0, {r, z, n}};
        }
    }
}

// What the unit's element gets when h and c after the step get these, by central differences.
double gradient(Cell cell, const Unit &unit, int element, double diff_h, double diff_c) {
    constexpr double kWidth = 1e-5;
    const auto at = [&](double distance) {
        Unit moved = unit;
        moved[element] += distance;
        const Next next = step(cell, moved);
        return diff_h * next.h + diff_c * next.c;
    };
    return (at(kWidth) - at(-kWidth)) / (2 * kWidth);
}

void forward(Cell cell, const rondo_step &s) {
    switch (cell) {
        case TANH:
        case RELU:
        case LOGISTIC:
            return rondo_rnn_step_f32(cell, &s);
        case LSTM:
            return rondo_lstm_step_f32(&s);
        case LBR_GRU:
            return rondo_lbr_gru_step_f32(&s);
        case GRU:
            rondo_gru_reset_f32(&s);
            for (int64_t n = 0; n < s.batch; n++) {
                for (int64_t i = 0; i < s.hidden; i++) {
                    s.gates[(n * 3 + 2) * s.hidden + i] += s.products[n * s.hidden + i];
                }
            }
            return rondo_gru_step_f32(&s);
    }
}

void backward(Cell cell, const rondo_step &s) {
    switch (cell) {
        case TANH:
        case RELU:
        case LOGISTIC:
            return rondo_rnn_step_backward_f32(cell, &s);
        case LSTM:
            return rondo_lstm_step_backward_f32(&s);
        case LBR_GRU:
            return rondo_lbr_gru_step_backward_f32(&s);
        case GRU:
            rondo_gru_step_backward_f32(&s);
            for (int64_t n = 0; n < s.batch; n++) {
                for (int64_t i = 0; i < s.hidden; i++) {
                    s.products[n * s.hidden + i] = s.gates[(n * 3 + 2) * s.hidden + i];
                }
            }
            return rondo_gru_reset_backward_f32(&s);
    }
}

double worst = 0;  // of errors, as a share of what is allowed

// One kind of row: how far apart rows are, and a buffer that ends with the last of them.
struct Rows {
    int64_t stride;
    Guarded<float> data;

    Rows(const Case &c, int64_t width, int64_t gap)
        : stride(width + gap), data((c.batch - 1) * stride + width) {}
    float &at(int64_t n, int64_t i) { return data[n * stride + i]; }
};

struct Buffers {
    const Case &c;
    const int64_t gates_of_cell = gates_of(c.cell);
    Rows gates{c, gates_of_cell * c.hidden, 0}, products{c, (c.cell == GRU ? 1 : 3) * c.hidden, 0};
    Rows src{c, c.hidden, c.gap}, src_cell{c, c.hidden, c.gap}, dst{c, c.hidden, c.gap}, cell{c, c.hidden, 0};
    Rows diff_dst{c, c.hidden, c.gap}, diff_state{c, c.hidden, 0}, diff_cell{c, c.hidden, 0};
    Rows attention{c, 1, c.gap}, diff_attention{c, 1, c.gap};

    rondo_step step() {
        const bool lstm = c.cell == LSTM, gru = is_gru(c.cell), attentive = gru && c.attention;
        rondo_step s = {};
        s.batch = c.batch;
        s.hidden = c.hidden;
        s.gates = gates.data.data;
        s.products = gru ? products.data.data : nullptr;
        s.src = gru ? src.data.data : nullptr;
        s.src_batch = src.stride;
        s.attention = attentive ? attention.data.data : nullptr;
        s.attention_batch = attention.stride;
        s.src_cell = lstm ? src_cell.data.data : nullptr;
        s.src_cell_batch = src_cell.stride;
        s.dst = dst.data.data;
        s.dst_batch = dst.stride;
        s.cell = lstm ? cell.data.data : nullptr;
        s.diff_dst = c.diff_dst ? diff_dst.data.data : nullptr;
        s.diff_dst_batch = diff_dst.stride;
        s.diff_state = diff_state.data.data;
        s.diff_cell = lstm ? diff_cell.data.data : nullptr;
        s.diff_attention = attentive ? diff_attention.data.data : nullptr;
        s.diff_attention_batch = diff_attention.stride;
        return s;
    }

    Unit unit(int64_t n, int64_t i) {
        Unit unit = {};
        for (int64_t g = 0; g < gates_of_cell; g++) {
            unit[GATE + g] = gates.at(n, g * c.hidden + i);
        }
        for (int64_t g = 0; c.cell == LBR_GRU && g < 3; g++) {
            unit[PRODUCT + g] = products.at(n, g * c.hidden + i);
        }
        unit[H] = src.at(n, i);
        unit[C] = src_cell.at(n, i);
        unit[ATTENTION] = is_gru(c.cell) && c.attention ? attention.at(n, 0) : 0;
        return unit;
    }
};

void check(const Case &c, const char *name, int64_t n, int64_t i, double actual, double expected) {
    const double allowed = 1e-6 + 2e-7 * c.scale;  // arguments are sums, rounded to a part of their size
    CHECK(test::near(actual, expected, allowed), "%s: %s %d of sequence %d of %d, H %d: %.9g instead of %.9g",
          kNames[c.cell], name, int(i), int(n), int(c.batch), int(c.hidden), actual, expected);
    worst = std::fmax(worst, std::fabs(actual - expected) / allowed);
}

void check_gap(const Case &c, const char *name, Rows &rows, int64_t width) {
    for (int64_t at = 0; at < rows.data.count; at++) {
        CHECK(at % rows.stride < width || rows.data.is_untouched(at), "%s: gap of %s at %d, H %d", kNames[c.cell],
              name, int(at), int(c.hidden));
    }
}

void fill_rows(const Case &c, Rows &rows, float scale) {
    for (int64_t n = 0; n < c.batch; n++) {
        for (int64_t i = 0; i < rows.stride && n * rows.stride + i < rows.data.count; i++) {
            rows.at(n, i) = test::uniform(-scale, scale);
        }
    }
}

void run(const Case &c) {
    Buffers b{c};
    fill(b.gates.data, c.scale);
    fill(b.products.data, c.scale);
    fill_rows(c, b.src, 1);
    fill_rows(c, b.src_cell, 2);
    fill_rows(c, b.diff_dst, 1);
    fill(b.diff_state.data, 1);
    fill(b.diff_cell.data, 1);
    fill(b.attention.data, 1);
    for (int64_t at = 0; at < b.gates.data.count; at++) {
        float &x = b.gates.data[at];
        x = c.cell == RELU && std::fabs(x) < 1e-3f ? 1e-3f : x;  // the differences are not to straddle the corner
    }
    std::vector<Unit> units;
    std::vector<std::array<double, 2>> diffs;  // of h and c
    for (int64_t n = 0; n < c.batch; n++) {
        for (int64_t i = 0; i < c.hidden; i++) {
            const double later = b.diff_state.at(n, i);
            units.push_back(b.unit(n, i));
            diffs.push_back({c.diff_dst ? later + b.diff_dst.at(n, i) : later, b.diff_cell.at(n, i)});
        }
    }

    const rondo_step s = b.step();
    const auto each = [&](auto &&body) {
        for (int64_t n = 0, at = 0; n < c.batch; n++) {
            for (int64_t i = 0; i < c.hidden; i++, at++) {
                body(n, i, units[at], diffs[at]);
            }
        }
    };
    forward(c.cell, s);
    each([&](int64_t n, int64_t i, const Unit &unit, const auto &) {
        const Next next = step(c.cell, unit);
        check(c, "h", n, i, b.dst.at(n, i), next.h);
        if (c.cell == LSTM) {
            check(c, "c", n, i, b.cell.at(n, i), next.c);
        }
        for (int64_t g = 0; b.gates_of_cell > 1 && g < b.gates_of_cell; g++) {
            check(c, "gate", n, i, b.gates.at(n, g * c.hidden + i), next.gates[g]);
        }
    });
    check_gap(c, "dst", b.dst, c.hidden);

    std::vector<double> diff_attention(c.batch);
    backward(c.cell, s);
    each([&](int64_t n, int64_t i, const Unit &unit, const auto &diff) {
        const auto expected = [&](int element) { return gradient(c.cell, unit, element, diff[0], diff[1]); };
        for (int64_t g = 0; g < b.gates_of_cell; g++) {
            check(c, "gate's gradient", n, i, b.gates.at(n, g * c.hidden + i), expected(GATE + g));
            if (c.cell == LBR_GRU) {
                check(c, "product's gradient", n, i, b.products.at(n, g * c.hidden + i), expected(PRODUCT + g));
            }
        }
        if (c.cell == GRU) {
            check(c, "r h", n, i, b.products.at(n, i), sigmoid(unit[GATE]) * unit[H]);
        }
        if (is_gru(c.cell)) {
            check(c, "h's gradient", n, i, b.diff_state.at(n, i), expected(H));
            diff_attention[n] += expected(ATTENTION);
        }
        if (c.cell == LSTM) {
            check(c, "c's gradient", n, i, b.diff_cell.at(n, i), expected(C));
        }
    });
    check_gap(c, "dst", b.dst, c.hidden);
    for (int64_t n = 0; s.diff_attention && n < c.batch; n++) {
        check(c, "attention's gradient", n, 0, b.diff_attention.at(n, 0), diff_attention[n]);
    }
    check_gap(c, "diff_attention", b.diff_attention, s.diff_attention ? 1 : 0);
}

// What is no number stays none, in the pass and on the way back, and spoils nothing but its unit.
void not_numbers(Cell cell) {
    const Case c = {cell, 1, 37, true, false, 0, 2};
    for (int64_t spoiled = 0; spoiled < c.hidden; spoiled++) {
        Buffers b{c};
        for (Rows *rows : {&b.gates, &b.products, &b.src, &b.src_cell, &b.diff_dst, &b.diff_state, &b.diff_cell}) {
            fill(rows->data, 1);
        }
        b.gates.at(0, spoiled) = std::numeric_limits<float>::quiet_NaN();
        const rondo_step s = b.step();
        forward(cell, s);
        for (int64_t i = 0; i < c.hidden; i++) {
            CHECK(std::isnan(b.dst.at(0, i)) == (i == spoiled), "%s: %d of %d", kNames[cell], int(i), int(spoiled));
        }
        backward(cell, s);
        for (int64_t i = 0; i < c.hidden; i++) {
            const bool is_nan = std::isnan(b.gates.at(0, i));
            CHECK(is_nan == (i == spoiled), "%s: gradient %d of %d", kNames[cell], int(i), int(spoiled));
        }
    }
}

}  // namespace

void test::recurrent_steps() {
    for (const Cell cell : {TANH, RELU, LOGISTIC, LSTM, LBR_GRU, GRU}) {
        for (int64_t hidden = 1; hidden <= 70; hidden++) {
            for (const int64_t batch : {1, 3}) {
                const bool diff_dst = generator() % 2 == 0, attention = generator() % 2 == 0;
                const int64_t gap = generator() % 2 * 5;
                run({cell, batch, hidden, diff_dst, attention, gap, 2});
                run({cell, batch, hidden, !diff_dst, !attention, 5 - gap, 30});  // saturated
            }
        }
        run({cell, 0, 7, true, true, 0, 1});
        not_numbers(cell);
    }
    std::printf("recurrent steps: %.2g of the allowed error\n", worst);
}
