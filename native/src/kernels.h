// What every instruction set offers: all files but rondo.cpp are compiled once for each, with RONDO_ISA naming the
// namespace. Such files must not use templates or inline functions of the standard library: the linker
// keeps one copy of those, and that copy could hold instructions the processor does not have.
#pragma once

#include "rondo_kernels.h"

namespace rondo {

struct Kernels {
    const char *isa;
    void (*softmax)(const float *src, float *dst, int64_t rows, int64_t width, bool logarithmic);
    void (*likeliest)(const float *src, int64_t rows, int64_t width, int64_t count, int64_t *ids, float *norms);
    void (*recurrent)(const rondo_recurrent &recurrent);
    int64_t (*recurrent_scratch_size)(int64_t steps, int64_t batch, int64_t input, int64_t hidden);
    int64_t (*recurrent_table_size)(int64_t gates, int64_t hidden, int64_t ids);
    void (*recurrent_table)(const float *vectors, int64_t ids, int64_t depth, const float *weights, int64_t gates,
                            int64_t hidden, int32_t parts, float *table);
    int64_t (*recurrent_packed_size)(int64_t gates, int64_t hidden, int64_t depth);
    void (*recurrent_pack)(const float *weights, int64_t gates, int64_t hidden, int64_t depth, int32_t parts,
                           float *packed);

    void (*embedding_backward)(const float *diff_dst, const int64_t *ids, int64_t count, int64_t width,
                               int64_t padding, float *diff_table);
    void (*softmax_backward)(const float *dst, const float *diff_dst, float *diff_src, int64_t rows, int64_t width,
                             bool logarithmic);
    int64_t (*cross_entropy)(const rondo_cross_entropy &arguments, float *loss);
    void (*cross_entropy_backward)(const rondo_cross_entropy &arguments, const float *diff_loss, float *diff_logits);
    int64_t (*ctc)(const rondo_ctc &arguments, float *loss);
    void (*ctc_backward)(const rondo_ctc &arguments, const float *diff_loss, double *scratch, float *diff_log_probs);
    void (*pointwise_loss)(int32_t kind, float parameter, const float *x, const float *target, const float *weight,
                           int64_t count, int32_t reduction, float *loss);
    void (*pointwise_loss_backward)(int32_t kind, float parameter, const float *x, const float *target,
                                    const float *weight, int64_t count, int32_t reduction, const float *diff_loss,
                                    float *diff_x);
    void (*sgd)(const rondo_sgd &settings, float *parameter, const float *gradient, float *momentum_buffer,
                int64_t count);
    void (*adam)(const rondo_adam &settings, float *parameter, const float *gradient, float *exp_avg,
                 float *exp_avg_sq, float *max_exp_avg_sq, int64_t count);
    void (*rmsprop)(const rondo_rmsprop &settings, float *parameter, const float *gradient, float *square_avg,
                    float *grad_avg, float *momentum_buffer, int64_t count);
    void (*adagrad)(const rondo_adagrad &settings, float *parameter, const float *gradient, float *sum,
                    int64_t count);
    double (*sum_of_squares)(const float *x, int64_t count);
    float (*max_abs)(const float *x, int64_t count);
    int64_t (*first_non_finite)(const float *x, int64_t count);
    void (*scale)(float *x, int64_t count, float factor);
    void (*clamp)(float *x, int64_t count, float bound);
    void (*column_sums)(const float *src, int64_t rows, int64_t width, int64_t row_stride, float *dst,
                        bool accumulate);
    void (*dropout)(const float *src, float *dst, int64_t repeats, int64_t count, float p, uint64_t seed,
                    uint64_t offset);
    void (*linear)(const rondo_linear &linear);
    int64_t (*linear_packed_size)(int64_t out, int64_t in);
    int64_t (*linear_scratch_size)(int64_t rows, int64_t in);
    void (*linear_pack)(const float *weights, int64_t out, int64_t in, int64_t out_stride, int64_t in_stride,
                        float *packed);
    void (*lstm_cell)(const rondo_cell_step &step);
    void (*lstm_cell_backward)(const rondo_cell_step &step);
    void (*gru_cell)(const rondo_cell_step &step);
    void (*gru_cell_backward)(const rondo_cell_step &step);
    void (*coupled_lstm_cell)(const rondo_cell_step &step);
    void (*coupled_lstm_cell_backward)(const rondo_cell_step &step);
    void (*slstm_cell)(const rondo_cell_step &step);
    void (*slstm_cell_backward)(const rondo_cell_step &step);
    void (*gated_scan)(const rondo_scan &scan);
    void (*gated_scan_backward)(const rondo_scan &scan);
    void (*independent_scan)(const rondo_scan &scan);
    void (*independent_scan_backward)(const rondo_scan &scan);
    void (*rnn_step)(int32_t cell, const rondo_step &step);
    void (*rnn_step_backward)(int32_t cell, const rondo_step &step);
    void (*lstm_step)(const rondo_step &step);
    void (*lstm_step_backward)(const rondo_step &step);
    void (*lbr_gru_step)(const rondo_step &step);
    void (*lbr_gru_step_backward)(const rondo_step &step);
    void (*gru_reset)(const rondo_step &step);
    void (*gru_reset_backward)(const rondo_step &step);
    void (*gru_step)(const rondo_step &step);
    void (*gru_step_backward)(const rondo_step &step);
    int64_t (*tree_packed_size)(int64_t types, int64_t width, int64_t hidden, bool backward);
    void (*tree_pack)(const float *weights, int64_t types, int64_t width, int64_t hidden, bool backward,
                      float *packed);
    int64_t (*tree_scratch_size)(int64_t nodes, int64_t width, int64_t hidden);
    void (*tree_forward)(const rondo_tree &tree);
    void (*tree_backward)(const rondo_tree &tree, float *diff_bias);
    void (*tree_weights)(const rondo_tree &tree, float *diff_weights);
};

namespace generic {
extern const Kernels kernels;
}

#ifdef __x86_64__
namespace avx2 {
extern const Kernels kernels;
}
namespace avx512 {
extern const Kernels kernels;
}
#endif

#ifdef RONDO_ISA
namespace RONDO_ISA {
void softmax(const float *src, float *dst, int64_t rows, int64_t width, bool logarithmic);
void likeliest(const float *src, int64_t rows, int64_t width, int64_t count, int64_t *ids, float *norms);
void recurrent(const rondo_recurrent &recurrent);
int64_t recurrent_scratch_size(int64_t steps, int64_t batch, int64_t input, int64_t hidden);
int64_t recurrent_table_size(int64_t gates, int64_t hidden, int64_t ids);
void recurrent_table(const float *vectors, int64_t ids, int64_t depth, const float *weights, int64_t gates,
                     int64_t hidden, int32_t parts, float *table);
int64_t recurrent_packed_size(int64_t gates, int64_t hidden, int64_t depth);
void recurrent_pack(const float *weights, int64_t gates, int64_t hidden, int64_t depth, int32_t parts, float *packed);

void embedding_backward(const float *diff_dst, const int64_t *ids, int64_t count, int64_t width, int64_t padding,
                        float *diff_table);
void softmax_backward(const float *dst, const float *diff_dst, float *diff_src, int64_t rows, int64_t width,
                      bool logarithmic);
int64_t cross_entropy(const rondo_cross_entropy &arguments, float *loss);
void cross_entropy_backward(const rondo_cross_entropy &arguments, const float *diff_loss, float *diff_logits);
int64_t ctc(const rondo_ctc &arguments, float *loss);
void ctc_backward(const rondo_ctc &arguments, const float *diff_loss, double *scratch, float *diff_log_probs);
void pointwise_loss(int32_t kind, float parameter, const float *x, const float *target, const float *weight,
                    int64_t count, int32_t reduction, float *loss);
void pointwise_loss_backward(int32_t kind, float parameter, const float *x, const float *target, const float *weight,
                             int64_t count, int32_t reduction, const float *diff_loss, float *diff_x);
void sgd(const rondo_sgd &settings, float *parameter, const float *gradient, float *momentum_buffer, int64_t count);
void adam(const rondo_adam &settings, float *parameter, const float *gradient, float *exp_avg, float *exp_avg_sq,
          float *max_exp_avg_sq, int64_t count);
void rmsprop(const rondo_rmsprop &settings, float *parameter, const float *gradient, float *square_avg,
             float *grad_avg, float *momentum_buffer, int64_t count);
void adagrad(const rondo_adagrad &settings, float *parameter, const float *gradient, float *sum, int64_t count);
double sum_of_squares(const float *x, int64_t count);
float max_abs(const float *x, int64_t count);
int64_t first_non_finite(const float *x, int64_t count);
void scale(float *x, int64_t count, float factor);
void clamp(float *x, int64_t count, float bound);
void column_sums(const float *src, int64_t rows, int64_t width, int64_t row_stride, float *dst, bool accumulate);
void dropout(const float *src, float *dst, int64_t repeats, int64_t count, float p, uint64_t seed, uint64_t offset);
void linear(const rondo_linear &linear);
int64_t linear_packed_size(int64_t out, int64_t in);
int64_t linear_scratch_size(int64_t rows, int64_t in);
void linear_pack(const float *weights, int64_t out, int64_t in, int64_t out_stride, int64_t in_stride, float *packed);
void lstm_cell(const rondo_cell_step &step);
void lstm_cell_backward(const rondo_cell_step &step);
void gru_cell(const rondo_cell_step &step);
void gru_cell_backward(const rondo_cell_step &step);
void coupled_lstm_cell(const rondo_cell_step &step);
void coupled_lstm_cell_backward(const rondo_cell_step &step);
void slstm_cell(const rondo_cell_step &step);
void slstm_cell_backward(const rondo_cell_step &step);
void gated_scan(const rondo_scan &scan);
void gated_scan_backward(const rondo_scan &scan);
void independent_scan(const rondo_scan &scan);
void independent_scan_backward(const rondo_scan &scan);
void rnn_step(int32_t cell, const rondo_step &step);
void rnn_step_backward(int32_t cell, const rondo_step &step);
void lstm_step(const rondo_step &step);
void lstm_step_backward(const rondo_step &step);
void lbr_gru_step(const rondo_step &step);
void lbr_gru_step_backward(const rondo_step &step);
void gru_reset(const rondo_step &step);
void gru_reset_backward(const rondo_step &step);
void gru_step(const rondo_step &step);
void gru_step_backward(const rondo_step &step);
int64_t tree_packed_size(int64_t types, int64_t width, int64_t hidden, bool backward);
void tree_pack(const float *weights, int64_t types, int64_t width, int64_t hidden, bool backward, float *packed);
int64_t tree_scratch_size(int64_t nodes, int64_t width, int64_t hidden);
void tree_forward(const rondo_tree &tree);
void tree_backward(const rondo_tree &tree, float *diff_bias);
void tree_weights(const rondo_tree &tree, float *diff_weights);
}  // namespace RONDO_ISA
#endif

}  // namespace rondo
