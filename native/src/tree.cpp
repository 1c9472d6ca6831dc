// Recursive networks: cells over trees, level by level.
#include "elementwise.h"
#include "kernels.h"
#include "matrix.h"
#include "tree_schedule.h"

namespace rondo::RONDO_ISA {

namespace {

int64_t padded(int64_t length) { return registers_for(length) * kWidth; }

// A pass over the tree: where things are, and what all cells do alike. A range of levels is computed edges first.
class Pass {
public:
    explicit Pass(const rondo_tree &tree)
        : t(tree),
          schedule(const_cast<int64_t *>(tree.schedule), tree.nodes),
          hidden(tree.hidden),
          input_width(width_of_input()),
          width(tree.cell == RONDO_TREE_TENSOR ? hidden + hidden * tree.slots * hidden : input_width),
          stride(padded(width)) {}

    const rondo_tree &t;
    const TreeSchedule schedule;
    const int64_t hidden;
    const int64_t input_width;
    const int64_t width;
    const int64_t stride;  // of a message

    float *gates(int64_t u) const { return t.gates + u * width; }
    float *h(int64_t u) const { return t.h + u * hidden; }
    float *c(int64_t u) const { return t.c + u * hidden; }
    float *edge(int64_t v, int64_t floats) const { return t.edges + v * floats; }

    int64_t source(int64_t v) const { return t.top_down ? schedule.parents[v] : v; }
    int64_t target(int64_t v) const { return t.top_down ? v : schedule.parents[v]; }
    int64_t slot(int64_t v) const { return schedule.types[v] % t.slots; }
    bool exists(int64_t u) const { return schedule.parents[u] != RONDO_TREE_UNUSED; }

    // Calls body(edge) for each edge that the node receives through.
    template <class Body>
    void received(int64_t u, Body body) const {
        t.top_down ? own_edge(u, body) : child_edges(u, body);
    }

    // Calls body(edge) for each edge that the node sends through.
    template <class Body>
    void sent(int64_t u, Body body) const {
        t.top_down ? child_edges(u, body) : own_edge(u, body);
    }

    // dst, a row for each edge from begin to end = row(edge) times its type's weights
    template <class Row>
    void multiply_edges(int64_t begin, int64_t end, Row row, int64_t depth, int64_t columns, float *dst) const {
        const int64_t registers = registers_for(columns), matrix = depth * registers * kWidth;
        for (int64_t first = begin; first < end;) {
            const int64_t type = schedule.types[schedule.edges[first]];
            int64_t next = first + 1;
            while (next < end && schedule.types[schedule.edges[next]] == type) {
                next++;
            }
            multiply([&](int64_t i) { return row(schedule.edges[first + i]); }, next - first,
                     t.weights + type * matrix, depth, registers, dst + (first - begin) * registers * kWidth,
                     registers * kWidth);
            first = next;
        }
    }

private:
    int64_t width_of_input() const {
        switch (t.cell) {
            case RONDO_TREE_LSTM:
                return (3 + t.slots) * hidden;
            case RONDO_TREE_CHILD_SUM_LSTM:
                return 4 * hidden;
            case RONDO_TREE_GRU:
                return 3 * hidden;
            default:
                return hidden;
        }
    }

    template <class Body>
    void own_edge(int64_t u, Body body) const {
        if (schedule.has_edge(u)) {
            body(u);
        }
    }

    template <class Body>
    void child_edges(int64_t u, Body body) const {
        for (int64_t i = schedule.first_child[u]; i < schedule.first_child[u + 1]; i++) {
            body(schedule.children[i]);
        }
    }
};

class Forward : public Pass {
public:
    using Pass::Pass;

    // Calls cell(node) for all nodes, level by level, once their messages are there.
    template <class Cell>
    void all_levels(Cell cell) {
        for (int64_t u = 0; u < t.nodes; u++) {
            if (!exists(u)) {
                zero(h(u), hidden);
                zero(t.c ? c(u) : nullptr, t.c ? hidden : 0);
            }
        }
        for (int64_t level = 0; level < *schedule.levels; level++) {
            first_edge = schedule.level_edges[level];
            multiply_edges(first_edge, schedule.level_edges[level + 1], [&](int64_t v) { return h(source(v)); }, hidden,
                           width, t.scratch);
            for (int64_t i = schedule.level_nodes[level]; i < schedule.level_nodes[level + 1]; i++) {
                cell(schedule.nodes[i]);
            }
        }
    }

protected:
    const float *message(int64_t v) const { return t.scratch + (schedule.positions[v] - first_edge) * stride; }

    // gates = what the node is given
    void give(int64_t u) const {
        float *const to = gates(u);
        const float *const from = u < t.inputs ? t.input + u * input_width : nullptr;
        for_each_vec(input_width, [&](int64_t j, auto lanes) {
            const vec bias = lanes.load(t.bias + j);
            lanes.store(to + j, from ? bias + lanes.load(from + j) : bias);
        });
        zero(to + input_width, width - input_width);
    }

    // gates [begin, end) += all messages'
    void receive(int64_t u, int64_t begin, int64_t end) const {
        float *const to = gates(u) + begin;
        received(u, [&](int64_t v) {
            const float *const from = message(v) + begin;
            for_each_vec(end - begin,
                         [&](int64_t j, auto lanes) { lanes.store(to + j, lanes.load(to + j) + lanes.load(from + j)); });
        });
    }

    static void zero(float *to, int64_t count) {
        for_each_vec(count, [&](int64_t j, auto lanes) { lanes.store(to + j, vec{}); });
    }

private:
    int64_t first_edge = 0;  // of the level
};

class Backward : public Pass {
public:
    explicit Backward(const rondo_tree &tree)
        : Pass(tree),
          row(padded(hidden)),
          diff_sources(tree.scratch),
          diff_direct(diff_sources + tree.nodes * row),
          diff_cells(diff_direct + tree.nodes * hidden) {}

    // Calls cell(node) for all nodes, from the last level to the first, and multiplies the messages' gradients.
    template <class Cell>
    void all_levels(Cell cell) {
        for (int64_t u = 0; u < t.nodes; u++) {
            if (!exists(u)) {
                for_each_vec(width, [&](int64_t j, auto lanes) { lanes.store(gates(u) + j, vec{}); });
            }
            if (t.diff_messages && !schedule.has_edge(u)) {
                for_each_vec(width, [&](int64_t j, auto lanes) { lanes.store(t.diff_messages + u * width + j, vec{}); });
            }
        }
        for (int64_t level = *schedule.levels - 1; level >= 0; level--) {
            for (int64_t i = schedule.level_nodes[level]; i < schedule.level_nodes[level + 1]; i++) {
                cell(schedule.nodes[i]);
            }
            const int64_t begin = schedule.level_edges[level];
            multiply_edges(begin, schedule.level_edges[level + 1], [&](int64_t v) { return diff_message(v); }, width,
                           hidden, diff_sources + begin * row);
        }
    }

    const float *diff_message(int64_t v) const {
        return t.diff_messages ? t.diff_messages + v * width : gates(target(v));
    }

protected:
    // What the node sends through an edge receives besides the product's gradient; of the cells that write it.
    float *direct(int64_t v) const { return diff_direct + v * hidden; }
    // The gradient of c at the upper end of an edge.
    float *diff_cell(int64_t v) const { return diff_cells + v * hidden; }

    template <class Lanes>
    vec gradient_of_h(int64_t u, int64_t j, Lanes lanes, bool is_direct) const {
        vec sum = t.diff_h ? lanes.load(t.diff_h + u * hidden + j) : vec{};
        sent(u, [&](int64_t v) {
            sum += load(diff_sources + schedule.positions[v] * row + j);
            if (is_direct) {
                sum += lanes.load(direct(v) + j);
            }
        });
        return sum;
    }

    template <class Lanes>
    vec gradient_of_c(int64_t u, int64_t j, Lanes lanes) const {
        vec sum = t.diff_c ? lanes.load(t.diff_c + u * hidden + j) : vec{};
        sent(u, [&](int64_t v) { sum += lanes.load(diff_cell(v) + j); });
        return sum;
    }

private:
    const int64_t row;
    float *const diff_sources;  // (N, padded H), by position: what the products' gradients give h
    float *const diff_direct;   // (N, H), by edge
    float *const diff_cells;    // (N, H), by edge
};

struct Rnn {
    struct Up : Forward {
        using Forward::Forward;

        void operator()(int64_t u) const {
            give(u);
            receive(u, 0, width);
            float *const g = gates(u);
            for_each_vec(hidden, [&](int64_t j, auto lanes) {
                const vec y = tanh(lanes.load(g + j));
                lanes.store(g + j, y);
                lanes.store(h(u) + j, y);
            });
        }
    };

    struct Down : Backward {
        using Backward::Backward;

        void operator()(int64_t u) const {
            for_each_vec(hidden, [&](int64_t j, auto lanes) {
                const vec y = lanes.load(h(u) + j);
                lanes.store(gates(u) + j, gradient_of_h(u, j, lanes, false) * (1.0f - y * y));
            });
        }
    };
};

// Gates i, the forget gates, g, o.
struct Lstm {
    struct Up : Forward {
        using Forward::Forward;

        void operator()(int64_t u) const {
            const int64_t candidate = (1 + t.slots) * hidden, output = candidate + hidden;
            give(u);
            receive(u, 0, width);
            float *const g = gates(u);
            for_each_vec(candidate, [&](int64_t j, auto lanes) { lanes.store(g + j, sigmoid(lanes.load(g + j))); });
            for_each_vec(hidden, [&](int64_t j, auto lanes) {
                const vec n = tanh(lanes.load(g + candidate + j));
                const vec o = sigmoid(lanes.load(g + output + j));
                vec cell = lanes.load(g + j) * n;
                received(u, [&](int64_t v) {
                    cell += lanes.load(g + (1 + slot(v)) * hidden + j) * lanes.load(c(source(v)) + j);
                });
                lanes.store(g + candidate + j, n);
                lanes.store(g + output + j, o);
                lanes.store(c(u) + j, cell);
                lanes.store(h(u) + j, o * tanh(cell));
            });
        }
    };

    struct Down : Backward {
        using Backward::Backward;

        void operator()(int64_t u) const {
            const int64_t candidate = (1 + t.slots) * hidden, output = candidate + hidden;
            float *const g = gates(u);
            for_each_vec(hidden, [&](int64_t j, auto lanes) {
                const vec i = lanes.load(g + j);
                const vec n = lanes.load(g + candidate + j);
                const vec o = lanes.load(g + output + j);
                const vec squashed = tanh(lanes.load(c(u) + j));
                const vec dh = gradient_of_h(u, j, lanes, false);
                const vec dc = gradient_of_c(u, j, lanes) + dh * o * (1.0f - squashed * squashed);
                lanes.store(g + j, dc * n * i * (1.0f - i));
                lanes.store(g + candidate + j, dc * i * (1.0f - n * n));
                lanes.store(g + output + j, dh * squashed * o * (1.0f - o));
                for (int64_t k = 0; k < t.slots; k++) {
                    float *const forget = g + (1 + k) * hidden + j;
                    const vec f = lanes.load(forget);
                    vec kept = {};
                    received(u, [&](int64_t v) {
                        if (slot(v) == k) {
                            kept += lanes.load(c(source(v)) + j);
                            lanes.store(diff_cell(v) + j, dc * f);
                        }
                    });
                    lanes.store(forget, dc * kept * f * (1.0f - f));
                }
            });
        }
    };
};

// Gates i, f, g, o, of which f is the edges' own.
struct ChildSumLstm {
    struct Up : Forward {
        using Forward::Forward;

        void operator()(int64_t u) const {
            give(u);
            receive(u, 0, hidden);
            receive(u, 2 * hidden, 4 * hidden);
            float *const g = gates(u);
            for_each_vec(hidden, [&](int64_t j, auto lanes) {
                const vec i = sigmoid(lanes.load(g + j));
                const vec n = tanh(lanes.load(g + 2 * hidden + j));
                const vec o = sigmoid(lanes.load(g + 3 * hidden + j));
                const vec given = lanes.load(g + hidden + j);
                vec cell = i * n;
                received(u, [&](int64_t v) {
                    const vec f = sigmoid(given + lanes.load(message(v) + hidden + j));
                    lanes.store(edge(v, hidden) + j, f);
                    cell += f * lanes.load(c(source(v)) + j);
                });
                lanes.store(g + j, i);
                lanes.store(g + 2 * hidden + j, n);
                lanes.store(g + 3 * hidden + j, o);
                lanes.store(c(u) + j, cell);
                lanes.store(h(u) + j, o * tanh(cell));
            });
        }
    };

    struct Down : Backward {
        using Backward::Backward;

        void operator()(int64_t u) const {
            float *const g = gates(u);
            for_each_vec(hidden, [&](int64_t j, auto lanes) {
                const vec i = lanes.load(g + j);
                const vec n = lanes.load(g + 2 * hidden + j);
                const vec o = lanes.load(g + 3 * hidden + j);
                const vec squashed = tanh(lanes.load(c(u) + j));
                const vec dh = gradient_of_h(u, j, lanes, false);
                const vec dc = gradient_of_c(u, j, lanes) + dh * o * (1.0f - squashed * squashed);
                const vec di = dc * n * i * (1.0f - i);
                const vec dn = dc * i * (1.0f - n * n);
                const vec dout = dh * squashed * o * (1.0f - o);
                vec forgets = {};
                received(u, [&](int64_t v) {
                    const vec f = lanes.load(edge(v, hidden) + j);
                    const vec df = dc * lanes.load(c(source(v)) + j) * f * (1.0f - f);
                    forgets += df;
                    float *const to = t.diff_messages + v * width + j;
                    lanes.store(to, di);
                    lanes.store(to + hidden, df);
                    lanes.store(to + 2 * hidden, dn);
                    lanes.store(to + 3 * hidden, dout);
                    lanes.store(diff_cell(v) + j, dc * f);
                });
                lanes.store(g + j, di);
                lanes.store(g + hidden + j, forgets);
                lanes.store(g + 2 * hidden + j, dn);
                lanes.store(g + 3 * hidden + j, dout);
            });
        }
    };
};

// Gates r, z, n; edges keep their r and P.
struct Gru {
    struct Up : Forward {
        using Forward::Forward;

        void operator()(int64_t u) const {
            give(u);
            receive(u, hidden, 2 * hidden);
            float *const g = gates(u);
            for_each_vec(hidden, [&](int64_t j, auto lanes) {
                const vec z = sigmoid(lanes.load(g + hidden + j));
                const vec given = lanes.load(g + j);
                vec candidate = lanes.load(g + 2 * hidden + j);
                vec states = {};
                received(u, [&](int64_t v) {
                    const vec r = sigmoid(given + lanes.load(message(v) + j));
                    const vec p = lanes.load(message(v) + 2 * hidden + j);
                    lanes.store(edge(v, 2 * hidden) + j, r);
                    lanes.store(edge(v, 2 * hidden) + hidden + j, p);
                    candidate += r * p;
                    states += lanes.load(h(source(v)) + j);
                });
                const vec n = tanh(candidate);
                lanes.store(g + hidden + j, z);
                lanes.store(g + 2 * hidden + j, n);
                lanes.store(h(u) + j, (1.0f - z) * n + z * states);
            });
        }
    };

    struct Down : Backward {
        using Backward::Backward;

        void operator()(int64_t u) const {
            float *const g = gates(u);
            for_each_vec(hidden, [&](int64_t j, auto lanes) {
                const vec z = lanes.load(g + hidden + j);
                const vec n = lanes.load(g + 2 * hidden + j);
                const vec dh = gradient_of_h(u, j, lanes, true);
                vec states = {};
                received(u, [&](int64_t v) { states += lanes.load(h(source(v)) + j); });
                const vec dz = dh * (states - n) * z * (1.0f - z);
                const vec dn = dh * (1.0f - z) * (1.0f - n * n);
                vec resets = {};
                received(u, [&](int64_t v) {
                    const vec r = lanes.load(edge(v, 2 * hidden) + j);
                    const vec dr = dn * lanes.load(edge(v, 2 * hidden) + hidden + j) * r * (1.0f - r);
                    resets += dr;
                    float *const to = t.diff_messages + v * width + j;
                    lanes.store(to, dr);
                    lanes.store(to + hidden, dz);
                    lanes.store(to + 2 * hidden, dn * r);
                    lanes.store(direct(v) + j, dh * z);
                });
                lanes.store(g + j, resets);
                lanes.store(g + hidden + j, dz);
                lanes.store(g + 2 * hidden + j, dn);
            });
        }
    };
};

// The sums P, then T by unit and slot, which become their gradients.
struct Tensor {
    struct Up : Forward {
        using Forward::Forward;

        void operator()(int64_t u) const {
            give(u);
            receive(u, 0, width);
            float *const g = gates(u);
            received(u, [&](int64_t v) {
                const float *const from = h(source(v));
                for (int64_t unit = 0; unit < hidden; unit++) {
                    const float *const row = g + hidden + (unit * t.slots + slot(v)) * hidden;
                    vec sum = {};
                    for_each_vec(hidden, [&](int64_t j, auto lanes) {
                        sum += lanes.only(lanes.load(row + j) * lanes.load(from + j));
                    });
                    g[unit] += RONDO_ISA::sum(sum);
                }
            });
            for_each_vec(hidden, [&](int64_t j, auto lanes) { lanes.store(h(u) + j, tanh(lanes.load(g + j))); });
        }
    };

    struct Down : Backward {
        using Backward::Backward;

        void operator()(int64_t u) const {
            float *const g = gates(u);
            for_each_vec(hidden, [&](int64_t j, auto lanes) {
                const vec y = lanes.load(h(u) + j);
                lanes.store(g + j, gradient_of_h(u, j, lanes, true) * (1.0f - y * y));
            });
            received(u, [&](int64_t v) {
                for_each_vec(hidden, [&](int64_t j, auto lanes) {
                    vec sum = {};
                    for (int64_t unit = 0; unit < hidden; unit++) {
                        sum += g[unit] * lanes.load(g + hidden + (unit * t.slots + slot(v)) * hidden + j);
                    }
                    lanes.store(direct(v) + j, sum);
                });
            });
            for (int64_t unit = 0; unit < hidden; unit++) {
                for (int64_t k = 0; k < t.slots; k++) {
                    float *const row = g + hidden + (unit * t.slots + k) * hidden;
                    for_each_vec(hidden, [&](int64_t j, auto lanes) {
                        vec sum = {};
                        received(u, [&](int64_t v) {
                            sum += slot(v) == k ? lanes.load(h(source(v)) + j) : vec{};
                        });
                        lanes.store(row + j, g[unit] * sum);
                    });
                }
            }
        }
    };
};

template <class Cell>
void forward(const rondo_tree &tree) {
    typename Cell::Up pass(tree);
    pass.all_levels([&](int64_t u) { pass(u); });
}

template <class Cell>
void backward(const rondo_tree &tree) {
    typename Cell::Down pass(tree);
    pass.all_levels([&](int64_t u) { pass(u); });
}

// So many edges at once: a panel of their messages' gradients fits the first-level cache.
constexpr int64_t kEdges = 128;

// Packs rows (depth, columns) for a product with `depth` on the left, as matrix.h has it; row(k) is the k-th of them.
template <class Row>
void pack_rows(Row row, int64_t depth, int64_t columns, float *packed) {
    const int64_t registers = registers_for(columns);
    for (int64_t begin = 0; begin < registers; begin += kPanel) {
        const int64_t panel = registers - begin < kPanel ? registers - begin : kPanel;
        const int64_t left = columns - begin * kWidth;
        for (int64_t k = 0; k < depth; k++) {
            float *const dst = packed + (begin * depth + k * panel) * kWidth;
            const float *const src = row(k) + begin * kWidth;
            for_each_vec(left < panel * kWidth ? left : panel * kWidth,
                         [&](int64_t j, auto lanes) { store(dst + j, lanes.load(src + j)); });
        }
    }
}

}  // namespace

int64_t tree_packed_size(int64_t types, int64_t width, int64_t hidden, bool backward) {
    return types * (backward ? width * padded(hidden) : hidden * padded(width));
}

void tree_pack(const float *weights, int64_t types, int64_t width, int64_t hidden, bool backward, float *packed) {
    for (int64_t type = 0; type < types; type++) {
        const float *const from = weights + type * width * hidden;
        float *const to = packed + tree_packed_size(type, width, hidden, backward);
        if (backward) {
            pack_rows([&](int64_t k) { return from + k * hidden; }, width, hidden, to);
        } else {
            pack(from, width, hidden, to, 0, registers_for(width));
        }
    }
}

int64_t tree_scratch_size(int64_t nodes, int64_t width, int64_t hidden) {
    const int64_t forward = nodes * padded(width);
    const int64_t backward = nodes * (padded(hidden) + 2 * hidden);
    const int64_t gradient = hidden * (kEdges + padded(width)) + kEdges * padded(width);
    const int64_t larger = forward > backward ? forward : backward;
    return larger > gradient ? larger : gradient;
}

void tree_forward(const rondo_tree &tree) {
    switch (tree.cell) {
        case RONDO_TREE_RNN:
            return forward<Rnn>(tree);
        case RONDO_TREE_LSTM:
            return forward<Lstm>(tree);
        case RONDO_TREE_CHILD_SUM_LSTM:
            return forward<ChildSumLstm>(tree);
        case RONDO_TREE_GRU:
            return forward<Gru>(tree);
        case RONDO_TREE_TENSOR:
            return forward<Tensor>(tree);
    }
}

void tree_backward(const rondo_tree &tree) {
    switch (tree.cell) {
        case RONDO_TREE_RNN:
            return backward<Rnn>(tree);
        case RONDO_TREE_LSTM:
            return backward<Lstm>(tree);
        case RONDO_TREE_CHILD_SUM_LSTM:
            return backward<ChildSumLstm>(tree);
        case RONDO_TREE_GRU:
            return backward<Gru>(tree);
        case RONDO_TREE_TENSOR:
            return backward<Tensor>(tree);
    }
}

// For each type, the product of what its edges carried, transposed, and of their messages' gradients, a block of edges
// at a time; it is transposed once it is complete.
void tree_weights(const rondo_tree &tree, float *diff_weights) {
    const Backward pass(tree);
    const TreeSchedule &schedule = pass.schedule;
    const int64_t hidden = pass.hidden, width = pass.width, stride = pass.stride;
    float *const states = tree.scratch;                // (H, edges)
    float *const sum = states + hidden * kEdges;       // (H, padded G)
    float *const messages = sum + hidden * stride;     // (edges, padded G), packed
    for (int64_t type = 0; type < tree.types; type++) {
        for_each_vec(hidden * stride, [&](int64_t i, auto lanes) { lanes.store(sum + i, vec{}); });
        const int64_t end = schedule.first_of_type[type + 1];
        for (int64_t begin = schedule.first_of_type[type]; begin < end; begin += kEdges) {
            const int64_t count = end - begin < kEdges ? end - begin : kEdges;
            const int64_t *const edges = schedule.typed_edges + begin;
            for (int64_t k = 0; k < count; k++) {
                const float *const h = pass.h(pass.source(edges[k]));
                for (int64_t i = 0; i < hidden; i++) {
                    states[i * kEdges + k] = h[i];
                }
            }
            pack_rows([&](int64_t k) { return pass.diff_message(edges[k]); }, count, width, messages);
            multiply<true>([&](int64_t i) { return states + i * kEdges; }, hidden, messages, count, stride / kWidth, sum,
                           stride);
        }
        float *const to = diff_weights + type * width * hidden;
        for (int64_t g = 0; g < width; g++) {
            for (int64_t i = 0; i < hidden; i++) {
                to[g * hidden + i] = sum[i * stride + g];
            }
        }
    }
}

}  // namespace rondo::RONDO_ISA
