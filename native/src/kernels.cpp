#include "kernels.h"

#define RONDO_NAME_OF(isa) #isa
#define RONDO_NAME(isa) RONDO_NAME_OF(isa)

namespace rondo::RONDO_ISA {

const Kernels kernels = {
    RONDO_NAME(RONDO_ISA),
    softmax,
    recurrent,
    recurrent_scratch_size,
    recurrent_packed_size,
    recurrent_pack,
    embedding_backward,
    softmax_backward,
    cross_entropy,
    cross_entropy_backward,
    ctc,
    ctc_backward,
    pointwise_loss,
    pointwise_loss_backward,
    sgd,
    adam,
    rmsprop,
    adagrad,
    sum_of_squares,
    max_abs,
    first_non_finite,
    scale,
    clamp,
    column_sums,
    dropout,
    rnn_step,
    rnn_step_backward,
    lstm_step,
    lstm_step_backward,
    lbr_gru_step,
    lbr_gru_step_backward,
    gru_reset,
    gru_reset_backward,
    gru_step,
    gru_step_backward,
    tree_packed_size,
    tree_pack,
    tree_scratch_size,
    tree_forward,
    tree_backward,
    tree_weights,
};

}  // namespace rondo::RONDO_ISA
