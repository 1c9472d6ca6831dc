/*
 * The kernels for training: gradients, losses, optimizers, reductions and dropout. Included by rondo_kernels.h, whose
 * rules hold here too: no threads inside, no state, no allocation, nothing checked unless stated.
 *
 * The same arguments give the same bits under the same rondo_isa(), wherever the arrays lie: sums have a fixed order.
 * Long sums are taken in double precision. Arrays must not overlap unless stated; where one may equal another, it is
 * the same array from the same start, not one shifted against the other.
 */
#ifndef RONDO_TRAINING_H
#define RONDO_TRAINING_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#pragma GCC visibility push(default)

/* What becomes of the losses of the elements or rows; int32_t in the arguments. */
enum {
    RONDO_REDUCTION_NONE = 0, /* all of them are the result */
    RONDO_REDUCTION_MEAN = 1,
    RONDO_REDUCTION_SUM = 2
};

/* The pointwise losses, with x, target t and d = x - t; int32_t in the arguments. */
enum {
    RONDO_LOSS_MSE = 0,       /* d^2 */
    RONDO_LOSS_L1 = 1,        /* |d|; its gradient at d = 0 is 0 */
    RONDO_LOSS_HUBER = 2,     /* d^2 / 2 where |d| < delta, else delta (|d| - delta / 2); delta > 0 */
    RONDO_LOSS_SMOOTH_L1 = 3, /* d^2 / (2 beta) where |d| < beta, else |d| - beta / 2; beta >= 0, L1 when 0 */
    RONDO_LOSS_BCE = 4,       /* -(t log(x) + (1 - t) log(1 - x)), no logarithm below -100, x in [0, 1] or else NaN */
    RONDO_LOSS_BCE_LOGITS = 5 /* the same of sigmoid(x), which does not overflow */
};

/*
 * The gradient of an embedding: diff_table[ids[i], :] += diff_dst[i, :] for i = 0, 1, ... count - 1, in that order.
 *
 * diff_dst (count, width), ids (count), diff_table (rows, width). Ids equal to padding (-1 for none) are skipped; all
 * others must be in [0, rows), which rondo_embedding_f32 has checked.
 */
void rondo_embedding_backward_f32(const float *diff_dst, const int64_t *ids, int64_t count, int64_t width,
                                  int64_t padding, float *diff_table);

/*
 * The gradient of rondo_softmax_f32 from its result y = dst: diff_src = (diff_dst - sum(diff_dst * y)) * y, or when
 * logarithmic is not 0, diff_src = diff_dst - exp(y) * sum(diff_dst).
 *
 * All (rows, width); diff_src may equal diff_dst or dst. A NaN in diff_dst spoils its row.
 */
void rondo_softmax_backward_f32(const float *dst, const float *diff_dst, float *diff_src, int64_t rows, int64_t width,
                                int32_t logarithmic);

/*
 * The arguments of cross entropy between logits and class indices, as torch.nn.functional.cross_entropy.
 *
 * With p = softmax(logits), weights w (all 1 without class_weight), s = label_smoothing and C = classes, a row loses
 *
 *     (1 - s) w_target (-log p_target) + s / C * sum_c w_c (-log p_c)
 *
 * and 0 where its target is ignore_index. The mean divides the sum by the sum of w_target over the rows that count,
 * so that it is NaN when none does.
 */
typedef struct rondo_cross_entropy {
    int64_t rows;
    int64_t classes;
    const float *logits;       /* (rows, classes) */
    const int64_t *targets;    /* (rows), each in [0, classes) or ignore_index */
    const float *class_weight; /* (classes), or NULL */
    int64_t ignore_index;      /* comes before being a class, when it is one */
    float label_smoothing;     /* in [0, 1] */
    int32_t reduction;
} rondo_cross_entropy;

/*
 * loss: rows floats without reduction, else 1. All targets are checked first: returns -1 when all are good, else the
 * position of the first one that is not, and nothing is written then.
 */
int64_t rondo_cross_entropy_f32(const rondo_cross_entropy *arguments, float *loss);

/*
 * diff_logits (rows, classes) = the gradient, for diff_loss of rows floats without reduction, else 1; ignored rows
 * get 0. diff_logits may equal logits. The targets must be good.
 */
void rondo_cross_entropy_backward_f32(const rondo_cross_entropy *arguments, const float *diff_loss,
                                      float *diff_logits);

/*
 * The arguments of connectionist temporal classification (Graves et al. 2006), as torch.nn.functional.ctc_loss: minus
 * the logarithm of the probability of all paths through T steps that give the sample's labels once repeated classes
 * are merged and blanks removed.
 *
 * The mean divides each sample's loss by its number of labels (1 when it has none) and the sum by batch.
 */
typedef struct rondo_ctc {
    int64_t steps;                 /* T */
    int64_t batch;                 /* N */
    int64_t classes;               /* C */
    int64_t width;                 /* S: the most labels a sample can have */
    const float *log_probs;        /* (T, N, C), logarithms of probabilities */
    const int64_t *targets;        /* (N, S), the first ones of each sample in [0, C) and not blank */
    const int64_t *input_lengths;  /* (N), each in [0, T] */
    const int64_t *target_lengths; /* (N), each in [0, S] */
    int64_t blank;                 /* in [0, C) */
    double *alpha;                 /* (N, T, 2 S + 1), written by the loss, read by its gradient */
    int32_t zero_infinity;         /* not 0: samples without any path lose 0 instead of infinity, without gradient */
    int32_t reduction;
} rondo_ctc;

/*
 * loss: batch floats without reduction, else 1. All lengths and labels are checked first: returns -1 when all are
 * good, else the first sample with one that is not, and nothing is written then.
 */
int64_t rondo_ctc_f32(const rondo_ctc *arguments, float *loss);

/*
 * diff_log_probs (T, N, C) = the gradient for diff_loss of batch floats without reduction, else 1, after
 * rondo_ctc_f32 has written alpha; 0 beyond a sample's length. As in PyTorch it is that of logits of which log_probs
 * are the logarithm of the softmax: p less the share of paths that pass there. NaN where a sample loses infinity.
 *
 * scratch: 2 S + 1 doubles.
 */
void rondo_ctc_backward_f32(const rondo_ctc *arguments, const float *diff_loss, double *scratch,
                            float *diff_log_probs);

/*
 * A pointwise loss, multiplied by weight where that is not NULL (a weight of 0 does not hide NaN or infinity).
 *
 * x, target, weight (count); parameter is the delta or beta of the kinds that have one; loss: count floats without
 * reduction, else 1. The mean divides by count, whatever the weights. loss may equal x, target or weight when there
 * is no reduction.
 */
void rondo_pointwise_loss_f32(int32_t kind, float parameter, const float *x, const float *target, const float *weight,
                              int64_t count, int32_t reduction, float *loss);

/*
 * diff_x (count) = the gradient with respect to x, for diff_loss of count floats without reduction, else 1. diff_x may
 * equal x, target, weight or, without reduction, diff_loss. NaN in x or target gives NaN, for L1 too.
 */
void rondo_pointwise_loss_backward_f32(int32_t kind, float parameter, const float *x, const float *target,
                                       const float *weight, int64_t count, int32_t reduction, const float *diff_loss,
                                       float *diff_x);

/*
 * Optimizers, with the formulas and the arguments of torch.optim. A call takes one step for one array of parameters:
 * it reads the settings anew and changes parameter and the state, all (count). step is the number of this step, 1 at
 * the first. The gradient is multiplied by gradient_scale before anything else (1: as it is; -1: maximizes).
 * The settings are doubles because PyTorch's are: 1 - 0.999 in single precision is off by 1e-5.
 */
typedef struct rondo_sgd {
    double lr;
    double momentum;
    double dampening;
    double weight_decay;
    int64_t step;
    int32_t nesterov;
    float gradient_scale;
} rondo_sgd;

/* momentum_buffer: not touched when momentum is 0, and may be NULL then; only written when step is 1. */
void rondo_sgd_f32(const rondo_sgd *settings, float *parameter, const float *gradient, float *momentum_buffer,
                   int64_t count);

typedef struct rondo_adam {
    double lr;
    double beta1;
    double beta2;
    double eps;
    double weight_decay;
    int64_t step;
    int32_t decoupled; /* not 0: AdamW */
    float gradient_scale;
} rondo_adam;

/* The state begins with zeros. With max_exp_avg_sq, which may be NULL, it is AMSGrad. */
void rondo_adam_f32(const rondo_adam *settings, float *parameter, const float *gradient, float *exp_avg,
                    float *exp_avg_sq, float *max_exp_avg_sq, int64_t count);

typedef struct rondo_rmsprop {
    double lr;
    double alpha;
    double eps;
    double weight_decay;
    double momentum;
    float gradient_scale;
} rondo_rmsprop;

/*
 * The state begins with zeros. With grad_avg, which may be NULL, it is the centered variant. momentum_buffer: not
 * touched when momentum is 0, and may be NULL then.
 */
void rondo_rmsprop_f32(const rondo_rmsprop *settings, float *parameter, const float *gradient, float *square_avg,
                       float *grad_avg, float *momentum_buffer, int64_t count);

typedef struct rondo_adagrad {
    double lr;
    double lr_decay;
    double eps;
    double weight_decay;
    int64_t step;
    float gradient_scale;
} rondo_adagrad;

/* sum begins with the initial accumulator value. */
void rondo_adagrad_f32(const rondo_adagrad *settings, float *parameter, const float *gradient, float *sum,
                       int64_t count);

/* The sum of x^2, in double precision throughout: it does not overflow. */
double rondo_sum_of_squares_f32(const float *x, int64_t count);

/* The largest |x|, 0 when count is 0, NaN when there is a NaN. */
float rondo_max_abs_f32(const float *x, int64_t count);

/* The position of the first NaN or infinity, or -1. */
int64_t rondo_first_non_finite_f32(const float *x, int64_t count);

/* x *= factor */
void rondo_scale_f32(float *x, int64_t count, float factor);

/* x becomes -bound where it is less, bound where it is greater; NaN stays. bound >= 0 */
void rondo_clamp_f32(float *x, int64_t count, float bound);

/*
 * dst[j] = sum_i src[i * row_stride + j] for j < width, i < rows, in double precision for each block of rows; when
 * accumulate is not 0, what dst held is added to it.
 */
void rondo_column_sums_f32(const float *src, int64_t rows, int64_t width, int64_t row_stride, float *dst,
                           int32_t accumulate);

/*
 * Dropout: dst[r, i] = src[r, i] / (1 - p) where i is kept, else 0, for r < repeats and i < count: the same elements
 * in every row, whose gradient is the same function of the gradient, with the same seed and offset.
 *
 * With n = i + offset, i is kept when word n % 4 of Philox4x32-10 of counter n / 4 (low word, high word, 0, 0) and key
 * seed (low word, high word) is at least p * 2^32: the same elements under every instruction set. p = 0 copies, p = 1
 * gives zeros, also for NaN and infinities. src, dst (repeats, count); dst may equal src. offset + count <= 2^64.
 */
void rondo_dropout_f32(const float *src, float *dst, int64_t repeats, int64_t count, float p, uint64_t seed,
                       uint64_t offset);

/*
 * The element-wise part of one step of a recurrent cell over N = batch rows of H = hidden, in training. The gates are
 * in PyTorch's order, and hold W x + b + U h before the step forward, for the GRUs what is said there.
 */
typedef struct rondo_step {
    int64_t batch;
    int64_t hidden;

    float *gates;    /* (N, G, H): becomes the activated gates, and in the backward pass their arguments' gradients */
    float *products; /* GRUs: what their recurrent products read or give, and its gradient */

    const float *src; /* GRUs: h before the step */
    int64_t src_batch;
    const float *attention; /* GRUs: (N), a, with (1 - a) z in place of z; or NULL */
    int64_t attention_batch;
    const float *src_cell; /* LSTM: c before the step */
    int64_t src_cell_batch;
    float *dst; /* h after the step */
    int64_t dst_batch;
    float *cell; /* LSTM: (N, H), c after the step */

    const float *diff_dst; /* backward: what h after the step received as an output, or NULL */
    int64_t diff_dst_batch;
    float *diff_state; /* backward: (N, H), what h received from the step after; GRUs: becomes what h before the step
                          gets, but for what it gets through the product that read it */
    float *diff_cell;  /* backward, LSTM: (N, H), c's gradient, from after the step to before it */
    float *diff_attention; /* backward, GRUs: (N), written; or NULL */
    int64_t diff_attention_batch;
} rondo_step;

/* h = act(gates); the cell is RONDO_RNN_TANH, RONDO_RNN_RELU or RONDO_RNN_LOGISTIC. The backward pass reads dst. */
void rondo_rnn_step_f32(int32_t cell, const rondo_step *step);
void rondo_rnn_step_backward_f32(int32_t cell, const rondo_step *step);

/* Gates i, f, g, o: c = f c + i g, h = o tanh(c). */
void rondo_lstm_step_f32(const rondo_step *step);
void rondo_lstm_step_backward_f32(const rondo_step *step);

/*
 * Gates r, z, n, which hold W x + b, and products (N, 3, H) U h + b', which become their own gradient:
 * n = tanh(gates_n + r products_n), h = z h + (1 - z) n.
 */
void rondo_lbr_gru_step_f32(const rondo_step *step);
void rondo_lbr_gru_step_backward_f32(const rondo_step *step);

/*
 * The GRU that resets before the product, in two halves with a product each before them. The gates r and z hold
 * W x + b + U h before the first half, which activates them and gives r h as products (N, H); n holds W x + b + U (r h)
 * before the second: h = z h + (1 - z) tanh(n).
 *
 * Back, the second half comes first: it gives the gradients of z and n. Then products hold the gradient of r h, and the
 * first half gives that of r, and r h again in their place.
 */
void rondo_gru_reset_f32(const rondo_step *step);
void rondo_gru_step_f32(const rondo_step *step);
void rondo_gru_step_backward_f32(const rondo_step *step);
void rondo_gru_reset_backward_f32(const rondo_step *step);

#pragma GCC visibility pop

#ifdef __cplusplus
}
#endif

#endif
