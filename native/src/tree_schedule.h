// The order in which the nodes of trees are computed, as rondo_tree_schedule leaves it in memory.
#pragma once

#include <stdint.h>

#include "rondo_kernels.h"

namespace rondo {

struct TreeSchedule {
    int64_t *levels;        // how many there are
    int64_t *parents;       // (N), as given
    int64_t *types;         // (N) of edges
    int64_t *nodes;         // (N), by level
    int64_t *level_nodes;   // (N + 1): where each level begins among the nodes
    int64_t *edges;         // (N), by the level of the node that receives, and by type in it
    int64_t *level_edges;   // (N + 1)
    int64_t *positions;     // (N): where each edge is among the edges
    int64_t *children;      // (N), by parent
    int64_t *first_child;   // (N + 1)
    int64_t *typed_edges;   // (N), by type
    int64_t *first_of_type; // (types + 1)

    TreeSchedule(int64_t *memory, int64_t n) {
        levels = memory;
        parents = levels + 1;
        types = parents + n;
        nodes = types + n;
        level_nodes = nodes + n;
        edges = level_nodes + n + 1;
        level_edges = edges + n;
        positions = level_edges + n + 1;
        children = positions + n;
        first_child = children + n;
        typed_edges = first_child + n + 1;
        first_of_type = typed_edges + n;
    }

    static int64_t size(int64_t n, int64_t types) { return 1 + 10 * n + 3 + types + 1; }

    bool has_edge(int64_t node) const { return parents[node] >= 0; }
};

}  // namespace rondo
