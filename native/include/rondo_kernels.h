/*
 * The kernels of Rondo that oneDNN does not offer, or not fast enough for one sequence at a time.
 *
 * Every function runs on the thread that calls it, keeps no state between calls and allocates nothing, so any
 * number of threads may call at once as long as none writes what another one reads or writes. Sizes are counts
 * of elements and are not negative; strides are distances in floats. Pointers need the alignment of their type
 * only; 64-byte alignment of the packed weights and of the scratch is faster. Nothing is checked unless stated.
 */
#ifndef RONDO_KERNELS_H
#define RONDO_KERNELS_H

#include <stdint.h>

#include "rondo_cells.h"
#include "rondo_training.h"
#include "rondo_tree.h"

#ifdef __cplusplus
extern "C" {
#endif

#pragma GCC visibility push(default)

/* Changes with every incompatible change of this header and of those it includes. */
#define RONDO_ABI_VERSION 10

/* The RONDO_ABI_VERSION the library was built with. */
int32_t rondo_abi_version(void);

/*
 * The instruction set in use: "generic", "avx2" or "avx512". It is the best the processor has, chosen when the
 * library is loaded; the environment variable RONDO_MAX_CPU_ISA = GENERIC | AVX2 | AVX512 caps the choice, and
 * any other value does not.
 */
const char *rondo_isa(void);

/*
 * Embedding: dst[i, :] = table[ids[i], :] for all i < count.
 *
 * table (rows, width), ids (count), dst (count, width); dst must not overlap the others.
 * All ids are checked first: returns -1 when all are in [0, rows), else the position of the first one that is
 * not, and nothing is written then.
 */
int64_t rondo_embedding_f32(const float *table, int64_t rows, int64_t width, const int64_t *ids, int64_t count,
                            float *dst);

/*
 * Softmax over the last dimension: dst = exp(x - max(x)) / sum(exp(x - max(x))), or its logarithm,
 * dst = x - max(x) - log(sum(exp(x - max(x)))), when logarithmic is not 0.
 *
 * src, dst (rows, width); src may equal dst, otherwise they must not overlap.
 * An entry of -inf gives 0 (-inf when logarithmic); a row that holds NaN or +inf, or nothing but -inf, gives NaN
 * everywhere.
 */
void rondo_softmax_f32(const float *src, float *dst, int64_t rows, int64_t width, int32_t logarithmic);

/*
 * The likeliest classes of each row of logits, src (rows, width): ids (rows, count) of the greatest elements, the
 * greatest first, equal ones in their order, and -1 where there are no more that are above -inf; and norms (rows), the
 * logarithm of the sum of exp(src), which taken from a logit leaves the logarithm of its probability.
 */
void rondo_likeliest_f32(const float *src, int64_t rows, int64_t width, int64_t count, int64_t *ids, float *norms);

/*
 * The cells. With G = W x + b for the input's share of the gates and P = U h for the state's, by gate:
 *
 *     RNN       h = act(G + P)
 *     LSTM      i, f = sigmoid(G + P), c~ = tanh(G + P), c = f * c + i * c~, o = sigmoid(G + P), h = o * tanh(c)
 *               with peepholes p: i and f have p_i * c and p_f * c of the c before, o has p_o * c of the new one
 *     GRU       u, r = sigmoid(G + P), o = tanh(G + U (r * h)), h = u * h + (1 - u) * o
 *     LBR_GRU   u, r = sigmoid(G + P), o = tanh(G + r * (P + b')), h = u * h + (1 - u) * o
 *
 * With attention, a GRU of either kind has (1 - a) u in place of u. The gates stand in the order they are named in.
 */
#define RONDO_RNN_TANH 0
#define RONDO_RNN_RELU 1
#define RONDO_RNN_LOGISTIC 2
#define RONDO_LSTM 3
#define RONDO_GRU 4
#define RONDO_LBR_GRU 5

/*
 * The functions that may stand in the place of these, with parameters alpha and beta.
 */
#define RONDO_RELU 0             /* max(x, 0) */
#define RONDO_TANH 1             /* tanh(x) */
#define RONDO_SIGMOID 2          /* 1 / (1 + exp(-x)) */
#define RONDO_AFFINE 3           /* alpha * x + beta */
#define RONDO_LEAKY_RELU 4       /* x if not negative, else alpha * x */
#define RONDO_THRESHOLDED_RELU 5 /* x if not less than alpha, else 0 */
#define RONDO_SCALED_TANH 6      /* alpha * tanh(beta * x) */
#define RONDO_HARD_SIGMOID 7     /* min(max(alpha * x + beta, 0), 1) */
#define RONDO_ELU 8              /* x if not negative, else alpha * (exp(x) - 1) */
#define RONDO_SOFTSIGN 9         /* x / (1 + |x|) */
#define RONDO_SOFTPLUS 10        /* log(1 + exp(x)) */

typedef struct rondo_function {
    int32_t kind; /* RONDO_RELU... */
    float alpha;
    float beta;
} rondo_function;

/* What a cell is made of where it is not as above. */
typedef struct rondo_functions {
    rondo_function gate;      /* in place of sigmoid, and of RNN's act */
    rondo_function candidate; /* in place of the tanh that gives c~ and o */
    rondo_function output;    /* in place of LSTM's tanh(c) */
    float clip;               /* all of them get min(max(x, -clip), clip) of their argument x; may be infinite */
    int32_t coupled;          /* not 0: LSTM's f is 1 - i */
} rondo_functions;

/*
 * The arguments of a recurrent layer over a batch of sequences in one direction, with T = steps, N = batch,
 * I = input, H = hidden, and K gates.
 *
 * dst_iter may equal src_iter, and dst_iter_c src_iter_c (with equal strides); nothing else may overlap what is
 * written, and the floats between strided rows are left alone. Each row of I or H floats is contiguous.
 *
 * Several threads may share the work: each calls with the same arguments but for its own part. All of them have to
 * run at the same time, since they wait for each other after every step; each computes its share of the units.
 */
typedef struct rondo_recurrent {
    int32_t cell;    /* RONDO_RNN_TANH... */
    int32_t reverse; /* 0: from step 0 to T - 1; 1: from T - 1 to 0, dst_layer[t] still belongs to x[t] */
    int64_t steps;
    int64_t batch;
    int64_t input;
    int64_t hidden;

    const float *x; /* (T, N, I) */
    int64_t x_step;
    int64_t x_batch;
    const float *input_weights; /* W, as rondo_recurrent_pack_f32 wrote it for so many parts */
    const float *bias;          /* b: (K, H) */

    /*
     * What is known of W x before: the i-th row of table, as rondo_recurrent_table_f32 wrote it for so many parts, for
     * the id i of a step. It is added to W x; I may be 0, then there is nothing else.
     */
    const int64_t *ids; /* (T, N), each of them in the table */
    int64_t ids_step;
    int64_t ids_batch;
    const float *table; /* or NULL for nothing */

    const float *weights;    /* U, as rondo_recurrent_pack_f32 wrote it for so many parts */
    const float *state_bias; /* b': (H), of LBR_GRU alone */
    const float *peephole;   /* p: (3, H) for i, f, o, or NULL; of LSTM alone */

    const rondo_functions *functions; /* or NULL for those of the equations */

    /*
     * The numbers of steps of the sequences, from 0 to T: (N), or NULL where all have T. Reversed, a sequence begins
     * with its own last step. Behind its length dst_layer is 0, and its state stays as it is.
     */
    const int64_t *lengths;

    /*
     * Where sequences go on from others, as the hypotheses of a search do, of which several may go on from one: (N), for
     * each the row, from 0 to N - 1, of src_iter and src_iter_c that it begins with, and of x, too, where there is a
     * table. Or NULL: each has its own. Only with steps == 1 and without lengths. What is a product of such a row is
     * computed once, however many sequences go on from it.
     */
    const int64_t *parents;

    const float *attention; /* a: (T, N), or NULL; of GRU and LBR_GRU alone */
    int64_t attention_step;
    int64_t attention_batch;

    const float *src_iter; /* h before the first step: (N, H), or NULL for zeros */
    int64_t src_iter_batch;
    const float *src_iter_c; /* c before the first step: (N, H), or NULL for zeros */
    int64_t src_iter_c_batch;

    float *dst_layer; /* h after each step: (T, N, H), or NULL */
    int64_t dst_layer_step;
    int64_t dst_layer_batch;

    float *dst_iter; /* h after the last step: (N, H), or NULL */
    int64_t dst_iter_batch;
    float *dst_iter_c; /* c after the last step: (N, H), or NULL */
    int64_t dst_iter_c_batch;

    float *scratch; /* rondo_recurrent_scratch_size(...) floats; holds nothing between calls */

    int32_t part; /* of the threads that share the work, 0 for the first */
    int32_t parts;
    uint32_t *barrier; /* three numbers where the parts meet, 0 before the first call; NULL for one part */
} rondo_recurrent;

/* Runs all steps. With steps == 0, dst_iter becomes src_iter, or zeros, and dst_iter_c likewise. */
void rondo_recurrent_f32(const rondo_recurrent *recurrent);

/* The number of floats that rondo_recurrent.scratch needs. */
int64_t rondo_recurrent_scratch_size(int64_t steps, int64_t batch, int64_t input, int64_t hidden);

/* The number of floats that packed weights of so many gates need. */
int64_t rondo_recurrent_packed_size(int64_t gates, int64_t hidden, int64_t depth);

/*
 * Packs weights (gates, H, depth), gate, output row, input column, for so many parts.
 *
 * W and U are packed as they are, all gates at once; U of RONDO_GRU is packed in two pieces, one behind the other:
 * u and r, then o. The result depends on rondo_isa(): it serves this process and is not to be stored.
 */
void rondo_recurrent_pack_f32(const float *weights, int64_t gates, int64_t hidden, int64_t depth, int32_t parts,
                              float *packed);

/* The number of floats that a table of so many ids needs. */
int64_t rondo_recurrent_table_size(int64_t gates, int64_t hidden, int64_t ids);

/*
 * Multiplies the vectors (ids, depth) of all ids by their part of W, (gates, H, depth) packed for so many parts, so that
 * steps need not.
 */
void rondo_recurrent_table_f32(const float *vectors, int64_t ids, int64_t depth, const float *weights, int64_t gates,
                               int64_t hidden, int32_t parts, float *table);

/*
 * Asks the system to map memory in large pages, which is worth a few percent to a factor of two where weights do not
 * fit the caches. It may have been written already; nothing happens where the system has no such pages.
 */
void rondo_large_pages(void *memory, int64_t bytes);

#pragma GCC visibility pop

#ifdef __cplusplus
}
#endif

#endif
