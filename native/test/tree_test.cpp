#include <algorithm>
#include <vector>

#include "check.h"
#include "rondo_kernels.h"

namespace {

using test::fill;
using test::Guarded;

constexpr const char *kNames[] = {"rnn", "lstm", "child-sum lstm", "gru", "tensor"};

struct Case {
    int32_t cell;
    bool top_down;
    int64_t nodes, inputs, labels, slots, hidden;

    int64_t types() const { return labels * slots; }
    bool lstm() const { return cell == RONDO_TREE_LSTM || cell == RONDO_TREE_CHILD_SUM_LSTM; }
    int64_t input_width() const {
        switch (cell) {
            case RONDO_TREE_LSTM:
                return (3 + slots) * hidden;
            case RONDO_TREE_CHILD_SUM_LSTM:
                return 4 * hidden;
            case RONDO_TREE_GRU:
                return 3 * hidden;
            default:
                return hidden;
        }
    }
    int64_t width() const {
        return cell == RONDO_TREE_TENSOR ? hidden + hidden * slots * hidden : input_width();
    }
};

// What a case computes, in double precision and one node at a time.
struct Reference {
    const Case &c;
    std::vector<int64_t> parents, types;
    std::vector<double> input, bias, weights;
    std::vector<double> h, cells;
    std::vector<int64_t> order;  // of the nodes, once it is known

    static double sigmoid(double x) { return 1 / (1 + std::exp(-x)); }

    int64_t source(int64_t v) const { return c.top_down ? parents[v] : v; }

    double message(int64_t v, int64_t g) const {
        double sum = 0;
        for (int64_t i = 0; i < c.hidden; i++) {
            sum += weights[(types[v] * c.width() + g) * c.hidden + i] * h[source(v) * c.hidden + i];
        }
        return sum;
    }

    std::vector<int64_t> received(int64_t u) const {
        std::vector<int64_t> edges;
        for (int64_t v = 0; v < c.nodes; v++) {
            if (parents[v] >= 0 && (c.top_down ? v : parents[v]) == u) {
                edges.push_back(v);
            }
        }
        return edges;
    }

    void node(int64_t u) {
        const std::vector<int64_t> edges = received(u);
        const auto given = [&](int64_t g) { return bias[g] + (u < c.inputs ? input[u * c.input_width() + g] : 0); };
        const auto all = [&](int64_t g) {
            double sum = given(g);
            for (const int64_t v : edges) {
                sum += message(v, g);
            }
            return sum;
        };
        const int64_t hidden = c.hidden;
        for (int64_t j = 0; j < hidden; j++) {
            double &state = h[u * hidden + j], &cell = cells[u * hidden + j];
            const auto before = [&](int64_t v) { return cells[source(v) * hidden + j]; };
            switch (c.cell) {
                case RONDO_TREE_RNN:
                    state = std::tanh(all(j));
                    break;
                case RONDO_TREE_LSTM:
                    cell = sigmoid(all(j)) * std::tanh(all((1 + c.slots) * hidden + j));
                    for (const int64_t v : edges) {
                        cell += sigmoid(all((1 + types[v] % c.slots) * hidden + j)) * before(v);
                    }
                    state = sigmoid(all((2 + c.slots) * hidden + j)) * std::tanh(cell);
                    break;
                case RONDO_TREE_CHILD_SUM_LSTM:
                    cell = sigmoid(all(j)) * std::tanh(all(2 * hidden + j));
                    for (const int64_t v : edges) {
                        cell += sigmoid(given(hidden + j) + message(v, hidden + j)) * before(v);
                    }
                    state = sigmoid(all(3 * hidden + j)) * std::tanh(cell);
                    break;
                case RONDO_TREE_GRU: {
                    double candidate = given(2 * hidden + j), states = 0;
                    for (const int64_t v : edges) {
                        candidate += sigmoid(given(j) + message(v, j)) * message(v, 2 * hidden + j);
                        states += h[source(v) * hidden + j];
                    }
                    const double z = sigmoid(all(hidden + j));
                    state = (1 - z) * std::tanh(candidate) + z * states;
                    break;
                }
                default: {
                    double sum = all(j);
                    for (const int64_t v : edges) {
                        for (const int64_t w : edges) {
                            for (int64_t i = 0; i < hidden; i++) {
                                const int64_t row = hidden + (j * c.slots + types[w] % c.slots) * hidden + i;
                                sum += message(v, row) * h[source(w) * hidden + i];
                            }
                        }
                    }
                    state = std::tanh(sum);
                }
            }
        }
    }

    // The nodes, each behind those that it receives from.
    std::vector<int64_t> in_order() const {
        std::vector<int64_t> order;
        std::vector<bool> done(c.nodes);
        for (size_t before = 1; before != order.size();) {
            before = order.size();
            for (int64_t u = 0; u < c.nodes; u++) {
                bool ready = parents[u] != RONDO_TREE_UNUSED && !done[u];
                for (const int64_t v : received(u)) {
                    ready = ready && done[source(v)];
                }
                if (ready) {
                    order.push_back(u);
                    done[u] = true;
                }
            }
        }
        return order;
    }

    void run() {
        if (order.empty()) {
            order = in_order();
        }
        h.assign(c.nodes * c.hidden, 0);
        cells.assign(c.nodes * c.hidden, 0);
        for (const int64_t u : order) {
            node(u);
        }
    }

    double loss(const Guarded<float> &diff_h, const Guarded<float> &diff_c) {
        run();
        double sum = 0;
        for (size_t i = 0; i < h.size(); i++) {
            sum += diff_h.data[i] * h[i] + (c.lstm() ? diff_c.data[i] * cells[i] : 0);
        }
        return sum;
    }
};

// Parents in no order, with gaps, and no more children than slots where those tell children apart.
void grow(Reference &r) {
    const Case &c = r.c;
    std::vector<int64_t> order(c.nodes), children(c.nodes);
    for (int64_t i = 0; i < c.nodes; i++) {
        order[i] = i;
    }
    std::shuffle(order.begin(), order.end(), test::generator);
    r.parents.assign(c.nodes, RONDO_TREE_ROOT);
    r.types.assign(c.nodes, 0);
    for (int64_t i = 1; i < c.nodes; i++) {
        const int64_t parent = order[test::generator() % i];
        if (test::generator() % 8 == 0) {
            r.parents[order[i]] = RONDO_TREE_UNUSED;
        } else if (r.parents[parent] != RONDO_TREE_UNUSED && children[parent] < (c.slots == 1 ? 5 : c.slots)) {
            r.parents[order[i]] = parent;
            r.types[order[i]] = test::generator() % c.labels * c.slots + children[parent]++ % c.slots;
        }
    }
}

std::vector<double> doubles(const Guarded<float> &floats) {
    return std::vector<double>(floats.data, floats.data + floats.count);
}

double worst = 0;  // of errors, as a share of what is allowed

void check(const Case &c, const char *name, int64_t i, double actual, double expected) {
    const double allowed = 3e-6 * (1 + std::fabs(expected));
    CHECK(test::near(actual, expected, allowed), "%s, H %d, K %d, top-down %d: %s %d: %.9g instead of %.9g",
          kNames[c.cell], int(c.hidden), int(c.slots), c.top_down, name, int(i), actual, expected);
    worst = std::fmax(worst, std::fabs(actual - expected) / allowed);
}

void check_gradient(const Case &c, const char *name, Reference &r, std::vector<double> &values, const float *actual,
                    const Guarded<float> &diff_h, const Guarded<float> &diff_c) {
    constexpr double kWidth = 1e-5;
    const size_t step = 1 + values.size() / 20;
    for (size_t i = test::generator() % step; i < values.size(); i += step) {
        const double value = values[i];
        values[i] = value + kWidth;
        const double high = r.loss(diff_h, diff_c);
        values[i] = value - kWidth;
        const double low = r.loss(diff_h, diff_c);
        values[i] = value;
        check(c, name, int64_t(i), actual[i], (high - low) / (2 * kWidth));
    }
}

void run(const Case &c) {
    const int64_t n = c.nodes, hidden = c.hidden, width = c.width(), types = c.types();
    Guarded<float> input(c.inputs * c.input_width()), bias(c.input_width());
    Guarded<float> weights(types * width * hidden), gates(n * width), h(n * hidden), cells(n * hidden);
    Guarded<float> edges(n * 2 * hidden), diff_h(n * hidden), diff_c(n * hidden), diff_messages(n * width);
    Guarded<float> scratch(rondo_tree_scratch_size(n, width, hidden)), diff_weights(weights.count);
    Guarded<float> diff_bias(c.input_width());
    Guarded<float> packed(rondo_tree_packed_size(types, width, hidden, 0));
    Guarded<float> packed_back(rondo_tree_packed_size(types, width, hidden, 1));
    Guarded<int64_t> parents(n), given_types(n), schedule(rondo_tree_schedule_size(n, types));
    fill(input, 1);
    fill(bias, 1);
    // Small enough for a tensor that errors do not grow from level to level.
    fill(weights, static_cast<float>(c.cell == RONDO_TREE_TENSOR ? 0.5 / hidden : 1 / std::sqrt(double(hidden))));
    fill(diff_h, 1);
    fill(diff_c, 1);

    Reference r = {c, {}, {}, doubles(input), doubles(bias), doubles(weights), {}, {}, {}};
    grow(r);
    std::copy(r.parents.begin(), r.parents.end(), parents.data);
    std::copy(r.types.begin(), r.types.end(), given_types.data);
    const int64_t bad = rondo_tree_schedule(parents.data, given_types.data, n, types, c.top_down, schedule.data);
    CHECK(bad == -1, "node %d", int(bad));

    rondo_tree t = {};
    t.cell = c.cell;
    t.top_down = c.top_down;
    t.nodes = n;
    t.inputs = c.inputs;
    t.types = types;
    t.hidden = hidden;
    t.slots = c.slots;
    t.schedule = schedule.data;
    t.input = input.data;
    t.bias = bias.data;
    t.weights = packed.data;
    t.gates = gates.data;
    t.edges = edges.data;
    t.h = h.data;
    t.c = c.lstm() ? cells.data : nullptr;
    t.scratch = scratch.data;
    rondo_tree_pack_f32(weights.data, types, width, hidden, 0, packed.data);
    rondo_tree_f32(&t);
    r.run();
    for (int64_t i = 0; i < n * hidden; i++) {
        check(c, "h", i, h[i], r.h[i]);
        check(c, "c", i, c.lstm() ? cells[i] : 0, r.cells[i]);
    }

    rondo_tree_pack_f32(weights.data, types, width, hidden, 1, packed_back.data);
    t.weights = packed_back.data;
    t.diff_h = diff_h.data;
    t.diff_c = c.lstm() ? diff_c.data : nullptr;
    const bool own = c.cell == RONDO_TREE_CHILD_SUM_LSTM || c.cell == RONDO_TREE_GRU;
    t.diff_messages = own ? diff_messages.data : nullptr;
    rondo_tree_backward_f32(&t, diff_bias.data);
    rondo_tree_weights_f32(&t, diff_weights.data);
    std::vector<float> diff_input;
    for (int64_t u = 0; u < c.inputs; u++) {
        diff_input.insert(diff_input.end(), gates.data + u * width, gates.data + u * width + c.input_width());
    }
    check_gradient(c, "input's gradient", r, r.input, diff_input.data(), diff_h, diff_c);
    check_gradient(c, "bias's gradient", r, r.bias, diff_bias.data, diff_h, diff_c);
    check_gradient(c, "weights' gradient", r, r.weights, diff_weights.data, diff_h, diff_c);
}

void refusals() {
    int64_t memory[100];
    const auto fault = [&](std::vector<int64_t> parents, std::vector<int64_t> types) {
        return rondo_tree_schedule(parents.data(), types.data(), int64_t(parents.size()), 2, 0, memory);
    };
    CHECK(fault({-1, 0, 3, 3}, {0, 0, 0, 0}) == 3, "own parent");
    CHECK(fault({-1, 2, 3, 1}, {0, 0, 0, 0}) == 1, "cycle");
    CHECK(fault({-1, 4, 0, 0}, {0, 0, 0, 0}) == 1, "beyond the nodes");
    CHECK(fault({-1, 0, -3, 0}, {0, 0, 0, 0}) == 2, "below -2");
    CHECK(fault({-2, 0, -1, 2}, {0, 0, 0, 0}) == 1, "no node");
    CHECK(fault({-1, 0, 0, 0}, {9, 0, 1, 2}) == 3, "type");
    CHECK(fault({-1, 0, 0, -1}, {9, 0, 1, -9}) == -1, "types of roots");
    CHECK(fault({}, {}) == -1, "nothing");
}

// How many levels 300 leaves make below parents of so many children.
int64_t levels(int64_t children) {
    std::vector<int64_t> parents(300 + 300 / children, RONDO_TREE_ROOT);
    for (int64_t v = 0; v < 300; v++) {
        parents[v] = 300 + v / children;
    }
    const int64_t n = int64_t(parents.size());
    Guarded<int64_t> memory(rondo_tree_schedule_size(n, 1));
    CHECK(rondo_tree_schedule(parents.data(), nullptr, n, 1, 0, memory.data) == -1, "%d children", int(children));
    return memory[0];
}

void wide_levels() {
    CHECK(levels(1) == 1 + 3 && levels(3) == 1 + 3 && levels(100) == 1 + 3 && levels(300) == 1 + 1,
          "levels: %d, %d, %d, %d", int(levels(1)), int(levels(3)), int(levels(100)), int(levels(300)));
}

}  // namespace

void test::trees() {
    refusals();
    wide_levels();
    for (int32_t cell = RONDO_TREE_RNN; cell <= RONDO_TREE_TENSOR; cell++) {
        for (const int64_t hidden : {1, 2, 5, 16, 17, 35}) {
            for (const bool top_down : {false, true}) {
                if (cell == RONDO_TREE_TENSOR && hidden > 17) {
                    continue;
                }
                const int64_t nodes = 1 + generator() % 12, inputs = generator() % (nodes + 1);
                run({cell, top_down, nodes, nodes, 1, 1, hidden});
                run({cell, top_down, nodes, inputs, 2, 2, hidden});
                run({cell, top_down, 9, 5, 1, 3, hidden});
            }
        }
        for (const bool top_down : {false, true}) {
            run({cell, top_down, 500, 500, 1, 1, 3});  // more nodes and edges than are summed up or multiplied at once
        }
    }
    std::printf("trees: %.2g of the allowed error\n", worst);
}
