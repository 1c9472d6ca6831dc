// Recurrent cells over trees: passes over all levels, and the gradient of the weights.
#include "kernels.h"
#include "tree_cells.h"

namespace rondo::RONDO_ISA {

namespace {

template <class Cell>
void forward(const rondo_tree &tree) {
    typename Cell::Up pass(tree);
    pass.all_levels([&](int64_t u) { pass(u); });
}

template <class Cell>
void backward(const rondo_tree &tree, float *diff_bias) {
    typename Cell::Down pass(tree);
    pass.all_levels([&](int64_t u) { pass(u); }, diff_bias);
}

// So many edges at once: a panel of their messages' gradients fits the first-level cache. Rows of a power of two would
// compete for the same sets of it.
constexpr int64_t kEdges = 120;

// Packs rows (depth, columns) for a product with `depth` on the left, as matrix.h has it; row(k) is the k-th of them.
template <class Row>
void pack_rows(Row row, int64_t depth, int64_t columns, float *packed) {
    const int64_t registers = registers_for(columns);
    for (int64_t k = 0; k < depth; k++) {
        for (int64_t begin = 0; begin < registers; begin += kPanel) {
            const int64_t panel = registers - begin < kPanel ? registers - begin : kPanel;
            const int64_t left = columns - begin * kWidth;
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
    const int64_t backward = nodes * (padded(hidden) + 2 * hidden) + width;
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

void tree_backward(const rondo_tree &tree, float *diff_bias) {
    switch (tree.cell) {
        case RONDO_TREE_RNN:
            return backward<Rnn>(tree, diff_bias);
        case RONDO_TREE_LSTM:
            return backward<Lstm>(tree, diff_bias);
        case RONDO_TREE_CHILD_SUM_LSTM:
            return backward<ChildSumLstm>(tree, diff_bias);
        case RONDO_TREE_GRU:
            return backward<Gru>(tree, diff_bias);
        case RONDO_TREE_TENSOR:
            return backward<Tensor>(tree, diff_bias);
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
