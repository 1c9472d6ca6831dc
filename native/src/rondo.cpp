// The C interface: forwards to the kernels of the instruction set chosen when the library is loaded.
#include <cstdlib>
#include <cstring>

#ifdef __linux__
#include <sys/mman.h>
#endif

#include "kernels.h"

namespace {

using rondo::Kernels;

enum class Isa { kGeneric, kAvx2, kAvx512 };

Isa cap_of(const char *name) {
    if (name != nullptr && std::strcmp(name, "GENERIC") == 0) {
        return Isa::kGeneric;
    }
    if (name != nullptr && std::strcmp(name, "AVX2") == 0) {
        return Isa::kAvx2;
    }
    return Isa::kAvx512;
}

const Kernels &choose([[maybe_unused]] Isa cap) {
#ifdef __x86_64__
    __builtin_cpu_init();  // the loader may run this before the compiler's own initialisation
    const bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    const bool avx512 = avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                        __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
    if (avx512 && cap >= Isa::kAvx512) {
        return rondo::avx512::kernels;
    }
    if (avx2 && cap >= Isa::kAvx2) {
        return rondo::avx2::kernels;
    }
#endif
    return rondo::generic::kernels;
}

const Kernels &kernels = choose(cap_of(std::getenv("RONDO_MAX_CPU_ISA")));

}  // namespace

int32_t rondo_abi_version(void) { return RONDO_ABI_VERSION; }

const char *rondo_isa(void) { return kernels.isa; }

int64_t rondo_embedding_f32(const float *table, int64_t rows, int64_t width, const int64_t *ids, int64_t count,
                            float *dst) {
    for (int64_t i = 0; i < count; i++) {
        if (ids[i] < 0 || ids[i] >= rows) {
            return i;
        }
    }
    for (int64_t i = 0; i < count; i++) {
        // A caller who writes ids meanwhile breaks the contract, but must not make this read past the table.
        const int64_t id = static_cast<const volatile int64_t *>(ids)[i];
        if (id < 0 || id >= rows) {
            return i;
        }
        std::memcpy(dst + i * width, table + id * width, width * sizeof(float));
    }
    return -1;
}

void rondo_softmax_f32(const float *src, float *dst, int64_t rows, int64_t width, int32_t logarithmic) {
    kernels.softmax(src, dst, rows, width, logarithmic != 0);
}

void rondo_likeliest_f32(const float *src, int64_t rows, int64_t width, int64_t count, int64_t *ids, float *norms) {
    kernels.likeliest(src, rows, width, count, ids, norms);
}

void rondo_recurrent_f32(const rondo_recurrent *recurrent) { kernels.recurrent(*recurrent); }

int64_t rondo_recurrent_scratch_size(int64_t steps, int64_t batch, int64_t input, int64_t hidden) {
    return kernels.recurrent_scratch_size(steps, batch, input, hidden);
}

int64_t rondo_recurrent_packed_size(int64_t gates, int64_t hidden, int64_t depth) {
    return kernels.recurrent_packed_size(gates, hidden, depth);
}

void rondo_recurrent_pack_f32(const float *weights, int64_t gates, int64_t hidden, int64_t depth, int32_t parts,
                              float *packed) {
    kernels.recurrent_pack(weights, gates, hidden, depth, parts, packed);
}

int64_t rondo_recurrent_table_size(int64_t gates, int64_t hidden, int64_t ids) {
    return kernels.recurrent_table_size(gates, hidden, ids);
}

void rondo_recurrent_table_f32(const float *vectors, int64_t ids, int64_t depth, const float *weights, int64_t gates,
                               int64_t hidden, int32_t parts, float *table) {
    kernels.recurrent_table(vectors, ids, depth, weights, gates, hidden, parts, table);
}

void rondo_large_pages([[maybe_unused]] void *memory, [[maybe_unused]] int64_t bytes) {
#ifdef MADV_HUGEPAGE
    constexpr uintptr_t kLargePage = uintptr_t{2} << 20;
    const uintptr_t begin = (reinterpret_cast<uintptr_t>(memory) + kLargePage - 1) / kLargePage * kLargePage;
    const uintptr_t end = (reinterpret_cast<uintptr_t>(memory) + bytes) / kLargePage * kLargePage;
    if (begin < end) {
        constexpr int kCollapse = 25;  // MADV_COLLAPSE of Linux 6.1: at once, what has been written, too
        void *const pages = reinterpret_cast<void *>(begin);
        madvise(pages, end - begin, MADV_HUGEPAGE);
        madvise(pages, end - begin, kCollapse);
    }
#endif
}

void rondo_embedding_backward_f32(const float *diff_dst, const int64_t *ids, int64_t count, int64_t width,
                                  int64_t padding, float *diff_table) {
    kernels.embedding_backward(diff_dst, ids, count, width, padding, diff_table);
}

void rondo_softmax_backward_f32(const float *dst, const float *diff_dst, float *diff_src, int64_t rows, int64_t width,
                                int32_t logarithmic) {
    kernels.softmax_backward(dst, diff_dst, diff_src, rows, width, logarithmic != 0);
}

int64_t rondo_cross_entropy_f32(const rondo_cross_entropy *arguments, float *loss) {
    return kernels.cross_entropy(*arguments, loss);
}

void rondo_cross_entropy_backward_f32(const rondo_cross_entropy *arguments, const float *diff_loss,
                                      float *diff_logits) {
    kernels.cross_entropy_backward(*arguments, diff_loss, diff_logits);
}

int64_t rondo_ctc_f32(const rondo_ctc *arguments, float *loss) { return kernels.ctc(*arguments, loss); }

void rondo_ctc_backward_f32(const rondo_ctc *arguments, const float *diff_loss, double *scratch,
                            float *diff_log_probs) {
    kernels.ctc_backward(*arguments, diff_loss, scratch, diff_log_probs);
}

void rondo_pointwise_loss_f32(int32_t kind, float parameter, const float *x, const float *target, const float *weight,
                              int64_t count, int32_t reduction, float *loss) {
    kernels.pointwise_loss(kind, parameter, x, target, weight, count, reduction, loss);
}

void rondo_pointwise_loss_backward_f32(int32_t kind, float parameter, const float *x, const float *target,
                                       const float *weight, int64_t count, int32_t reduction, const float *diff_loss,
                                       float *diff_x) {
    kernels.pointwise_loss_backward(kind, parameter, x, target, weight, count, reduction, diff_loss, diff_x);
}

void rondo_sgd_f32(const rondo_sgd *settings, float *parameter, const float *gradient, float *momentum_buffer,
                   int64_t count) {
    kernels.sgd(*settings, parameter, gradient, momentum_buffer, count);
}

void rondo_adam_f32(const rondo_adam *settings, float *parameter, const float *gradient, float *exp_avg,
                    float *exp_avg_sq, float *max_exp_avg_sq, int64_t count) {
    kernels.adam(*settings, parameter, gradient, exp_avg, exp_avg_sq, max_exp_avg_sq, count);
}

void rondo_rmsprop_f32(const rondo_rmsprop *settings, float *parameter, const float *gradient, float *square_avg,
                       float *grad_avg, float *momentum_buffer, int64_t count) {
    kernels.rmsprop(*settings, parameter, gradient, square_avg, grad_avg, momentum_buffer, count);
}

void rondo_adagrad_f32(const rondo_adagrad *settings, float *parameter, const float *gradient, float *sum,
                       int64_t count) {
    kernels.adagrad(*settings, parameter, gradient, sum, count);
}

double rondo_sum_of_squares_f32(const float *x, int64_t count) { return kernels.sum_of_squares(x, count); }

float rondo_max_abs_f32(const float *x, int64_t count) { return kernels.max_abs(x, count); }

int64_t rondo_first_non_finite_f32(const float *x, int64_t count) { return kernels.first_non_finite(x, count); }

void rondo_scale_f32(float *x, int64_t count, float factor) { kernels.scale(x, count, factor); }

void rondo_clamp_f32(float *x, int64_t count, float bound) { kernels.clamp(x, count, bound); }

void rondo_column_sums_f32(const float *src, int64_t rows, int64_t width, int64_t row_stride, float *dst,
                           int32_t accumulate) {
    kernels.column_sums(src, rows, width, row_stride, dst, accumulate != 0);
}

void rondo_dropout_f32(const float *src, float *dst, int64_t repeats, int64_t count, float p, uint64_t seed,
                       uint64_t offset) {
    kernels.dropout(src, dst, repeats, count, p, seed, offset);
}

void rondo_linear_f32(const rondo_linear *linear) { kernels.linear(*linear); }

int64_t rondo_linear_scratch_size(int64_t rows, int64_t in) { return kernels.linear_scratch_size(rows, in); }

int64_t rondo_linear_packed_size(int64_t out, int64_t in) { return kernels.linear_packed_size(out, in); }

void rondo_linear_pack_f32(const float *weights, int64_t out, int64_t in, int64_t out_stride, int64_t in_stride,
                           float *packed) {
    kernels.linear_pack(weights, out, in, out_stride, in_stride, packed);
}

void rondo_lstm_cell_f32(const rondo_cell_step *step) { kernels.lstm_cell(*step); }

void rondo_lstm_cell_backward_f32(const rondo_cell_step *step) { kernels.lstm_cell_backward(*step); }

void rondo_gru_cell_f32(const rondo_cell_step *step) { kernels.gru_cell(*step); }

void rondo_gru_cell_backward_f32(const rondo_cell_step *step) { kernels.gru_cell_backward(*step); }

void rondo_coupled_lstm_cell_f32(const rondo_cell_step *step) { kernels.coupled_lstm_cell(*step); }

void rondo_coupled_lstm_cell_backward_f32(const rondo_cell_step *step) { kernels.coupled_lstm_cell_backward(*step); }

void rondo_slstm_cell_f32(const rondo_cell_step *step) { kernels.slstm_cell(*step); }

void rondo_slstm_cell_backward_f32(const rondo_cell_step *step) { kernels.slstm_cell_backward(*step); }

void rondo_gated_scan_f32(const rondo_scan *scan) { kernels.gated_scan(*scan); }

void rondo_gated_scan_backward_f32(const rondo_scan *scan) { kernels.gated_scan_backward(*scan); }

void rondo_independent_scan_f32(const rondo_scan *scan) { kernels.independent_scan(*scan); }

void rondo_independent_scan_backward_f32(const rondo_scan *scan) { kernels.independent_scan_backward(*scan); }

void rondo_rnn_step_f32(int32_t cell, const rondo_step *step) { kernels.rnn_step(cell, *step); }

void rondo_rnn_step_backward_f32(int32_t cell, const rondo_step *step) { kernels.rnn_step_backward(cell, *step); }

void rondo_lstm_step_f32(const rondo_step *step) { kernels.lstm_step(*step); }

void rondo_lstm_step_backward_f32(const rondo_step *step) { kernels.lstm_step_backward(*step); }

void rondo_lbr_gru_step_f32(const rondo_step *step) { kernels.lbr_gru_step(*step); }

void rondo_lbr_gru_step_backward_f32(const rondo_step *step) { kernels.lbr_gru_step_backward(*step); }

void rondo_gru_reset_f32(const rondo_step *step) { kernels.gru_reset(*step); }

void rondo_gru_reset_backward_f32(const rondo_step *step) { kernels.gru_reset_backward(*step); }

void rondo_gru_step_f32(const rondo_step *step) { kernels.gru_step(*step); }

void rondo_gru_step_backward_f32(const rondo_step *step) { kernels.gru_step_backward(*step); }

int64_t rondo_tree_packed_size(int64_t types, int64_t width, int64_t hidden, int32_t backward) {
    return kernels.tree_packed_size(types, width, hidden, backward != 0);
}

void rondo_tree_pack_f32(const float *weights, int64_t types, int64_t width, int64_t hidden, int32_t backward,
                         float *packed) {
    kernels.tree_pack(weights, types, width, hidden, backward != 0, packed);
}

int64_t rondo_tree_scratch_size(int64_t nodes, int64_t width, int64_t hidden) {
    return kernels.tree_scratch_size(nodes, width, hidden);
}

void rondo_tree_f32(const rondo_tree *tree) { kernels.tree_forward(*tree); }

void rondo_tree_backward_f32(const rondo_tree *tree, float *diff_bias) { kernels.tree_backward(*tree, diff_bias); }

void rondo_tree_weights_f32(const rondo_tree *tree, float *diff_weights) { kernels.tree_weights(*tree, diff_weights); }
