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

#include "rondo_training.h"

#ifdef __cplusplus
extern "C" {
#endif

#pragma GCC visibility push(default)

/* Changes with every incompatible change of this header and of those it includes. */
#define RONDO_ABI_VERSION 4

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
 * The arguments of a GRU over a batch of sequences, with T = steps, N = batch, H = hidden.
 *
 * The gates come in the order u (update), r (reset), o (candidate), the reset gate is applied before the
 * recurrent product, as in oneDNN's vanilla GRU:
 *
 *     u = sigmoid(G_u + U_u h)
 *     r = sigmoid(G_r + U_r h)
 *     o = tanh(G_o + U_o (r * h))
 *     u = (1 - a) u                  with attention only (AUGRU), a is the scalar of that step and sequence
 *     h = u * h + (1 - u) * o
 *
 * where G = W x + b was computed beforehand, for all steps. dst_iter may equal src_iter (with equal strides);
 * nothing else may overlap what is written, and the floats between strided rows are left alone.
 */
typedef struct rondo_gru {
    int64_t steps;
    int64_t batch;
    int64_t hidden;

    const float *gates; /* G: (T, N, 3, H), each (3, H) contiguous */
    int64_t gates_step;
    int64_t gates_batch;

    const float *attention; /* a: (T, N), or NULL */
    int64_t attention_step;
    int64_t attention_batch;

    const float *weights; /* U, as rondo_gru_pack_f32 wrote it */

    const float *src_iter; /* h before the first step: (N, H), each H contiguous, or NULL for zeros */
    int64_t src_iter_batch;

    float *dst_layer; /* h after each step: (T, N, H), each H contiguous, or NULL */
    int64_t dst_layer_step;
    int64_t dst_layer_batch;

    float *dst_iter; /* h after the last step: (N, H), each H contiguous, or NULL */
    int64_t dst_iter_batch;

    float *scratch; /* rondo_gru_scratch_size(batch, hidden) floats; holds nothing between calls */

    int32_t reverse; /* 0: from step 0 to T - 1; 1: from T - 1 to 0, dst_layer[t] still belongs to gates[t] */
} rondo_gru;

/* Runs all steps. With steps == 0, dst_iter becomes src_iter, or zeros. */
void rondo_gru_f32(const rondo_gru *gru);

/* The number of floats that rondo_gru.scratch needs. */
int64_t rondo_gru_scratch_size(int64_t batch, int64_t hidden);

/* The number of floats that packed recurrent weights need. */
int64_t rondo_gru_packed_size(int64_t hidden);

/*
 * Packs recurrent weights (3, H, H): gate (u, r, o), output row, input column.
 * The result depends on rondo_isa(): it serves this process and is not to be stored.
 */
void rondo_gru_pack_f32(const float *weights, int64_t hidden, float *packed);

#pragma GCC visibility pop

#ifdef __cplusplus
}
#endif

#endif
