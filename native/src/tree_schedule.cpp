#include "tree_schedule.h"

namespace {

using rondo::TreeSchedule;

// So many edges end in a level at most, unless they end in one node: their messages stay in the second-level cache.
constexpr int64_t kMostEdges = 128;

// Turns counts at [i + 1] into the sums before i.
void sum_up(int64_t *counts, int64_t length) {
    for (int64_t i = 0; i < length; i++) {
        counts[i + 1] += counts[i];
    }
}

// Turns the ends of ranges, as filling them leaves their beginnings, back into beginnings.
void shift(int64_t *ends, int64_t length) {
    for (int64_t i = length; i > 0; i--) {
        ends[i] = ends[i - 1];
    }
    ends[0] = 0;
}

void zero(int64_t *numbers, int64_t count) {
    for (int64_t i = 0; i < count; i++) {
        numbers[i] = 0;
    }
}

// Sorts `count` items into `to` by a key in [0, keys); items of equal keys keep their order.
template <class Item, class Key>
void sort(int64_t count, int64_t keys, Item item, Key key, int64_t *begins, int64_t *to) {
    zero(begins, keys + 1);
    for (int64_t i = 0; i < count; i++) {
        begins[key(item(i)) + 1]++;
    }
    sum_up(begins, keys);
    for (int64_t i = 0; i < count; i++) {
        to[begins[key(item(i))]++] = item(i);
    }
    shift(begins, keys);
}

}  // namespace

int64_t rondo_tree_schedule_size(int64_t nodes, int64_t type_count) { return TreeSchedule::size(nodes, type_count); }

int64_t rondo_tree_schedule(const int64_t *parents, const int64_t *types, int64_t nodes, int64_t type_count,
                            int32_t top_down, int64_t *memory) {
    const TreeSchedule s(memory, nodes);
    int64_t used = 0, edges = 0;
    for (int64_t v = 0; v < nodes; v++) {
        s.parents[v] = parents[v];
        s.types[v] = types && parents[v] >= 0 ? types[v] : 0;
    }
    for (int64_t v = 0; v < nodes; v++) {
        const int64_t parent = s.parents[v];
        if (parent < RONDO_TREE_UNUSED || parent >= nodes || (parent >= 0 && s.parents[parent] == RONDO_TREE_UNUSED) ||
            s.types[v] < 0 || s.types[v] >= type_count) {
            return v;
        }
        used += parent != RONDO_TREE_UNUSED;
        edges += parent >= 0;
    }

    int64_t *const lower = s.typed_edges;  // the nodes that have an edge, until those are sorted by type
    for (int64_t v = 0, at = 0; v < nodes; v++) {
        if (s.has_edge(v)) {
            lower[at++] = v;
        }
    }
    sort(edges, nodes, [&](int64_t i) { return lower[i]; }, [&](int64_t v) { return s.parents[v]; }, s.first_child,
         s.children);

    // From the leaves up, each node once it has had its children: those on a cycle are never reached.
    int64_t *const queue = s.edges, *const missing = s.positions, *const level = s.level_edges;
    int64_t end = 0;
    for (int64_t v = 0; v < nodes; v++) {
        missing[v] = s.first_child[v + 1] - s.first_child[v];
        level[v] = 0;
        if (s.parents[v] != RONDO_TREE_UNUSED && missing[v] == 0) {
            queue[end++] = v;
        }
    }
    int64_t highest = 0;
    for (int64_t i = 0; i < end; i++) {
        const int64_t v = queue[i], parent = s.parents[v];
        highest = level[v] > highest ? level[v] : highest;
        if (parent >= 0) {
            level[parent] = level[v] + 1 > level[parent] ? level[v] + 1 : level[parent];
            if (--missing[parent] == 0) {
                queue[end++] = parent;
            }
        }
    }
    if (end < used) {
        for (int64_t v = 0; v < nodes; v++) {
            if (missing[v] > 0) {
                return v;
            }
        }
    }
    if (top_down) {
        for (int64_t i = end - 1; i >= 0; i--) {
            const int64_t v = queue[i];
            level[v] = s.has_edge(v) ? level[s.parents[v]] + 1 : 0;
        }
    }
    *s.levels = end == 0 ? 0 : highest + 1;

    // The nodes by level, in the order of their numbers; the queue is free once they are counted.
    int64_t at = 0;
    for (int64_t v = 0; v < nodes; v++) {
        if (s.parents[v] != RONDO_TREE_UNUSED) {
            queue[at++] = v;
        }
    }
    sort(used, *s.levels, [&](int64_t i) { return queue[i]; }, [&](int64_t v) { return level[v]; }, s.level_nodes,
         s.nodes);

    // Levels of many edges become several.
    int64_t parts = 0, received = 0, part_of = -1;
    for (int64_t i = 0; i < used; i++) {
        const int64_t v = s.nodes[i];
        const int64_t more = top_down ? s.has_edge(v) : s.first_child[v + 1] - s.first_child[v];
        if (level[v] != part_of || received + more > kMostEdges) {
            part_of = level[v];
            received = 0;
            s.level_nodes[parts++] = i;
        }
        received += more;
        level[v] = parts - 1;
    }
    s.level_nodes[parts] = used;
    *s.levels = parts;

    // Levels move out of the way: positions are free until the edges are sorted.
    for (int64_t v = 0; v < nodes; v++) {
        s.positions[v] = s.has_edge(v) ? level[top_down ? v : s.parents[v]] : 0;
    }
    int64_t *const sources = s.edges;
    for (int64_t i = 0; i < edges; i++) {
        sources[i] = lower[i];
    }
    sort(edges, type_count, [&](int64_t i) { return sources[i]; }, [&](int64_t v) { return s.types[v]; },
         s.first_of_type, s.typed_edges);
    sort(edges, *s.levels, [&](int64_t i) { return s.typed_edges[i]; }, [&](int64_t v) { return s.positions[v]; },
         s.level_edges, s.edges);
    for (int64_t i = 0; i < edges; i++) {
        s.positions[s.edges[i]] = i;
    }
    return -1;
}
