// A pass over trees, level by level: what all cells do alike.
#pragma once

#include "matrix.h"
#include "tree_schedule.h"

namespace rondo::RONDO_ISA {

inline int64_t padded(int64_t length) { return registers_for(length) * kWidth; }

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
    int64_t slot(int64_t v) const {
        const int64_t type = schedule.types[v];
        return type < t.slots ? type : type % t.slots;  // a division takes as long as a register of gates
    }
    bool exists(int64_t u) const { return schedule.parents[u] != RONDO_TREE_UNUSED; }

    bool receives(int64_t u) const {
        return t.top_down ? schedule.has_edge(u) : schedule.first_child[u] < schedule.first_child[u + 1];
    }

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

protected:
    static void zero(float *to, int64_t count) {
        for_each_vec(count, [&](int64_t j, auto lanes) { lanes.store(to + j, vec{}); });
    }

    static void add(const float *from, int64_t count, float *to) {
        for_each_vec(count,
                     [&](int64_t j, auto lanes) { lanes.store(to + j, lanes.load(to + j) + lanes.load(from + j)); });
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
        received(u, [&](int64_t v) { add(message(v) + begin, end - begin, to); });
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
          diff_cells(diff_direct + tree.nodes * hidden),
          partial_sum(diff_cells + tree.nodes * hidden) {}

    // Calls cell(node) for all nodes, from the last level to the first, sums up the gradients of what they are given,
    // and multiplies the messages'.
    template <class Cell>
    void all_levels(Cell cell, float *diff_bias) {
        zero(diff_bias, input_width);
        zero(partial_sum, input_width);
        for (int64_t u = 0; u < t.nodes; u++) {
            if (!exists(u)) {
                zero(gates(u), width);
            }
            if (t.diff_messages && !schedule.has_edge(u)) {
                zero(t.diff_messages + u * width, width);
            }
        }
        for (int64_t level = *schedule.levels - 1; level >= 0; level--) {
            for (int64_t i = schedule.level_nodes[level]; i < schedule.level_nodes[level + 1]; i++) {
                cell(schedule.nodes[i]);
                add(gates(schedule.nodes[i]), input_width, partial_sum);
                if (i % kSummands == 0) {
                    flush(diff_bias);
                }
            }
            const int64_t begin = schedule.level_edges[level];
            multiply_edges(begin, schedule.level_edges[level + 1], [&](int64_t v) { return diff_message(v); }, width,
                           hidden, diff_sources + begin * row);
        }
        flush(diff_bias);
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
    // So many rows are summed up before they are added to the sum of all, which rounds less than adding each of them.
    static constexpr int64_t kSummands = 64;

    void flush(float *diff_bias) const {
        add(partial_sum, input_width, diff_bias);
        zero(partial_sum, input_width);
    }

    const int64_t row;
    float *const diff_sources;  // (N, padded H), by position: what the products' gradients give h
    float *const diff_direct;   // (N, H), by edge
    float *const diff_cells;    // (N, H), by edge
    float *const partial_sum;   // (X)
};

}  // namespace rondo::RONDO_ISA
