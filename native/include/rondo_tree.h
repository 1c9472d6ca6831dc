/*
 * Recursive networks: recurrent cells over trees, all nodes of one level of all trees at once, and their gradients.
 * Included by rondo_kernels.h, whose rules hold here too.
 *
 * A tree's edge belongs to its lower end: edge v leads from node v to parents[v]. It has a type, which says which of
 * several weights U its message goes through. From the leaves up, a node receives h of its children; from the root
 * down (top_down), that of its parent. What it receives through the edges is P_v = U_type(v) h, and what it is given is
 * x = input + bias (bias alone for the nodes without input). Sums are over the edges that a node receives through:
 *
 *     RNN               h = tanh(x + sum P_v)
 *     LSTM              i, f_k, o = sigmoid(x + sum P_v), g = tanh(x + sum P_v), c = i g + sum f_slot(v) c_v,
 *                       h = o tanh(c), with K forget gates and slot(v) = type(v) mod K; gates i, f_0 ... f_K-1, g, o
 *     CHILD_SUM_LSTM    i, g, o likewise, one f_v = sigmoid(x + P_v) for each edge, c = i g + sum f_v c_v; i, f, g, o
 *     GRU               r_v = sigmoid(x + P_v), z = sigmoid(x + sum P_v), n = tanh(x + sum r_v P_v),
 *                       h = (1 - z) n + z sum h_v; gates r, z, n
 *     TENSOR            h = tanh(x + sum P_v + sum h_slot(v) T), where the message is (H) for P and (H, K, H) for T:
 *                       T = sum T_v, and unit j has sum_k sum_i T[j, k, i] h_k[i]
 *
 * The LSTM and the CHILD_SUM_LSTM with one child to a node are torch.nn.LSTM, the GRU is torch.nn.GRU whose b_hn is 0.
 */
#ifndef RONDO_TREE_H
#define RONDO_TREE_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#pragma GCC visibility push(default)

#define RONDO_TREE_RNN 0
#define RONDO_TREE_LSTM 1
#define RONDO_TREE_CHILD_SUM_LSTM 2
#define RONDO_TREE_GRU 3
#define RONDO_TREE_TENSOR 4

/* What a node's entry among the parents is where it has none: a root, or no node at all. */
#define RONDO_TREE_ROOT -1
#define RONDO_TREE_UNUSED -2

/*
 * Sorts nodes and edges by levels: parents (nodes), types (nodes) or NULL where all are 0.
 *
 * Returns -1, or a node that is at fault: its parent is no node, its type not in [0, type_count), or it is its own
 * ancestor. Nothing but memory is written, rondo_tree_schedule_size(nodes, type_count) numbers.
 */
int64_t rondo_tree_schedule(const int64_t *parents, const int64_t *types, int64_t nodes, int64_t type_count,
                            int32_t top_down, int64_t *memory);

int64_t rondo_tree_schedule_size(int64_t nodes, int64_t type_count);

/*
 * The arguments of a pass, with N = nodes, H = hidden, K = slots, G = width of a message and X = that of an input: both
 * the gates side by side, but for TENSOR, where X = H and G = H + H K H. All arrays are without gaps.
 */
typedef struct rondo_tree {
    int32_t cell; /* RONDO_TREE_RNN... */
    int32_t top_down;
    int64_t nodes;
    int64_t inputs; /* how many of the nodes, the first, have an input */
    int64_t types;
    int64_t hidden;
    int64_t slots;
    const int64_t *schedule;

    const float *input;   /* (inputs, X) */
    const float *bias;    /* (X) */
    const float *weights; /* as rondo_tree_pack_f32 wrote them, forward or backward */

    float *gates; /* (N, G): the activated gates, and in the backward pass their arguments' gradients */
    float *edges; /* CHILD_SUM_LSTM: (N, H), f; GRU: (N, 2, H), r and P; for the backward pass */
    float *h;     /* (N, H), 0 where there is no node */
    float *c;     /* LSTMs: (N, H), 0 where there is no node */

    const float *diff_h;  /* backward: what h received, or NULL */
    const float *diff_c;  /* backward: what c received, or NULL */
    float *diff_messages; /* backward, CHILD_SUM_LSTM and GRU: (N, G), the messages' gradients, by edge */
    float *scratch;       /* rondo_tree_scratch_size floats; holds nothing between calls */
} rondo_tree;

/* The number of floats that the weights (types, G, H) need once packed. */
int64_t rondo_tree_packed_size(int64_t types, int64_t width, int64_t hidden, int32_t backward);

/* Packs weights (types, G, H) for the forward or the backward pass, for this process. */
void rondo_tree_pack_f32(const float *weights, int64_t types, int64_t width, int64_t hidden, int32_t backward,
                         float *packed);

/* The number of floats that scratch needs in each of the three functions below. */
int64_t rondo_tree_scratch_size(int64_t nodes, int64_t width, int64_t hidden);

/* Computes h and c of all nodes. */
void rondo_tree_f32(const rondo_tree *tree);

/* Computes the gradients of the gates' arguments, which are those of the inputs; diff_bias (X) = their sums. */
void rondo_tree_backward_f32(const rondo_tree *tree, float *diff_bias);

/* diff_weights (types, G, H) = the weights' gradient, after the backward pass. */
void rondo_tree_weights_f32(const rondo_tree *tree, float *diff_weights);

#pragma GCC visibility pop

#ifdef __cplusplus
}
#endif

#endif
