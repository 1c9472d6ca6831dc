/*
 * Steps of cells that networks take one by one, as a part of rondo_kernels.h, whose rules hold here, too.
 */
#ifndef RONDO_CELLS_H
#define RONDO_CELLS_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#pragma GCC visibility push(default)

/* No function at all, beside RONDO_RNN_TANH, RONDO_RNN_RELU and RONDO_RNN_LOGISTIC. */
#define RONDO_IDENTITY -1

/*
 * The product of a few rows with a packed matrix: dst = act(src W + bias + addend).
 *
 * Each row is contiguous; dst may be addend, and overlaps nothing else.
 */
typedef struct rondo_linear {
    int32_t activation; /* RONDO_IDENTITY, RONDO_RNN_TANH, RONDO_RNN_RELU or RONDO_RNN_LOGISTIC */
    int64_t rows;
    int64_t in;
    int64_t out;

    const float *src; /* (rows, in) */
    int64_t src_row;
    const float *weights; /* W, as rondo_linear_pack_f32 wrote it */
    const float *bias;    /* (out), or NULL */
    const float *addend;  /* (rows, out), or NULL */
    int64_t addend_row;
    float *dst; /* (rows, out) */
    int64_t dst_row;
    float *scratch; /* rondo_linear_scratch_size(rows, in) floats; holds nothing between calls */
} rondo_linear;

void rondo_linear_f32(const rondo_linear *linear);

/* The number of floats that rondo_linear.scratch needs. */
int64_t rondo_linear_scratch_size(int64_t rows, int64_t in);

/* The number of floats that a packed matrix (in, out) takes. */
int64_t rondo_linear_packed_size(int64_t out, int64_t in);

/*
 * Packs W (in, out), whose element (i, o) is weights[i * in_stride + o * out_stride]. The result depends on
 * rondo_isa(): it serves this process and is not to be stored.
 */
void rondo_linear_pack_f32(const float *weights, int64_t out, int64_t in, int64_t out_stride, int64_t in_stride,
                           float *packed);

/*
 * One step of a gated cell for N = batch sequences, with G gates of H = hidden units. A gate's argument is
 *
 *     a = share + normalized * gain + shift,   normalized = (product - mean) / sqrt(variance + eps)
 *
 * or, where gain is NULL, a = share + product. All arrays are dense, and none that is written overlaps another one.
 */
typedef struct rondo_cell_step {
    int64_t batch;
    int64_t hidden;

    const float *share;   /* (N, G, H): W x + b */
    const float *product; /* (N, G, H): U h */
    const float *gain;    /* (G, H), or NULL for no layer normalization; then what follows of it is not used */
    const float *shift;   /* (G, H) */
    const float *cell_gain;  /* LSTM: (H) */
    const float *cell_shift; /* LSTM: (H) */
    float eps;

    const float *src;            /* GRU: (N, H), h before the step */
    const float *src_cell;       /* (N, H): c before the step */
    const float *src_normalizer; /* sLSTM: (N, H), n before the step */
    const float *src_stabilizer; /* sLSTM: (N, H), m before the step */
    float *dst;                  /* (N, H): h after the step */
    float *cell;                 /* (N, H): c after the step */
    float *normalizer;           /* sLSTM: (N, H) */
    float *stabilizer;           /* sLSTM: (N, H) */

    float *gates;           /* (N, G, H): activated */
    float *normalized;      /* (N, G, H) */
    float *normalized_cell; /* LSTM: (N, H) */
    float *scales;          /* (N, 2): 1 / sqrt(variance + eps) of both normalizations */

    const float *diff_dst;        /* backward: (N, H), or NULL for zeros, as the two that follow */
    const float *diff_cell;       /* (N, H) */
    const float *diff_normalizer; /* sLSTM: (N, H) */
    float *diff_share;            /* written: (N, G, H) */
    float *diff_product;          /* written: (N, G, H); without layer normalization only by the GRU */
    float *diff_src;              /* written, GRU: (N, H), but for what h gets through the product */
    float *diff_src_cell;         /* written: (N, H) */
    float *diff_src_normalizer;   /* written, sLSTM: (N, H) */
    float *diff_gain;             /* written: (G, H) */
    float *diff_shift;            /* written: (G, H) */
    float *diff_cell_gain;        /* written, LSTM: (H) */
    float *diff_cell_shift;       /* written, LSTM: (H) */
} rondo_cell_step;

/*
 * Gates i, f, g, o, normalized together: c = f c + i g, h = o tanh(c), where tanh reads the normalized c, with
 * cell_gain and cell_shift, if there is layer normalization.
 */
void rondo_lstm_cell_f32(const rondo_cell_step *step);
void rondo_lstm_cell_backward_f32(const rondo_cell_step *step);

/*
 * Gates r, z, n, normalized in two groups, r with z, and n: n = tanh(share_n + r p), h = (1 - z) n + z h, where p is
 * product_n, normalized if there is layer normalization.
 */
void rondo_gru_cell_f32(const rondo_cell_step *step);
void rondo_gru_cell_backward_f32(const rondo_cell_step *step);

/* Gates i, g, o, never normalized: c = (1 - i) c + i g, h = o tanh(c). */
void rondo_coupled_lstm_cell_f32(const rondo_cell_step *step);
void rondo_coupled_lstm_cell_backward_f32(const rondo_cell_step *step);

/*
 * Gates i, f, z, o, never normalized: m' = max(log sigmoid(f) + m, i), i' = exp(i - m'), f' = exp(log sigmoid(f) + m -
 * m'), c = f' c + i' tanh(z), n = f' n + i', h = sigmoid(o) c / n. The gates kept are i', f', tanh(z), sigmoid(o). m
 * cancels out of h, so the backward pass takes it as given.
 */
void rondo_slstm_cell_f32(const rondo_cell_step *step);
void rondo_slstm_cell_backward_f32(const rondo_cell_step *step);

/*
 * An element-wise recurrence over T = steps, for some rows and columns of each step. Rows lie
 * at x + (t N + n) x_row, and so on; arrays without a row's distance are dense.
 */
typedef struct rondo_scan {
    int64_t steps;
    int64_t batch;
    int64_t hidden;
    int64_t from_row; /* of the N rows of a step: those that this call computes */
    int64_t to_row;
    int64_t from;     /* of the H columns, likewise */
    int64_t to;
    int32_t activation; /* of the candidate x, or of the state: RONDO_IDENTITY, RONDO_RNN_TANH or RONDO_RNN_RELU */
    int32_t update;     /* the gate says what is new, not what is kept */

    const float *x; /* (T, N, H) */
    int64_t x_row;
    const float *gate; /* (T, N, H), the gate's argument */
    int64_t gate_row;
    const float *weight; /* (H): v or u; v may be NULL for zeros */
    const float *src;    /* (N, H), the state before the first step, or NULL for zeros */
    float *dst;          /* (T, N, H): the state after each step */

    const float *diff_dst; /* (T, N, H) */
    float *diff_x;         /* written: (T, N, H) */
    float *diff_gate;      /* written: (T, N, H) */
    float *diff_weight;    /* written: (N, H), what each sequence gives; or NULL */
    float *diff_src;       /* written: (N, H) */
} rondo_scan;

/* f = sigmoid(gate + v h), or 1 minus that for an update gate: h = f h + (1 - f) act(x). */
void rondo_gated_scan_f32(const rondo_scan *scan);
void rondo_gated_scan_backward_f32(const rondo_scan *scan);

/* h = act(x + u h). */
void rondo_independent_scan_f32(const rondo_scan *scan);
void rondo_independent_scan_backward_f32(const rondo_scan *scan);

#pragma GCC visibility pop

#ifdef __cplusplus
}
#endif

#endif
