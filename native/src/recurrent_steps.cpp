// The element-wise part of a recurrent cell's step and of its gradient; the products are computed elsewhere.
#include "elementwise.h"
#include "kernels.h"
#include "sum.h"

namespace rondo::RONDO_ISA {

namespace {

const float *row(const float *rows, int64_t stride, int64_t n) { return rows ? rows + n * stride : nullptr; }

// The gradient of the state after a step: what the output received, and what came back from the next step.
template <class Lanes>
vec gradient(const float *diff_dst, const float *diff_state, int64_t i, Lanes lanes) {
    const vec later = lanes.load(diff_state + i);
    return diff_dst ? later + lanes.load(diff_dst + i) : later;
}

// What a GRU's update gate z is multiplied by.
float share(const rondo_step &s, int64_t n) {
    return s.attention ? 1.0f - s.attention[n * s.attention_batch] : 1.0f;
}

// h' = share z h + (1 - share z) c
vec mix(vec z, float share, vec h, vec c) { return share * z * h + (1.0f - share * z) * c; }

// The gradients of what is mixed: z's and c's arguments, h, and the share.
struct Unmixed {
    vec z, c, h, share;
};

Unmixed unmix(vec dh, vec z, float share, vec h, vec c) {
    const vec dz = dh * (h - c);
    return {dz * share * z * (1.0f - z), dh * (1.0f - share * z) * (1.0f - c * c), dh * share * z, dz * z};
}

void store_attention(const rondo_step &s, int64_t n, const Sum &diff_share) {
    if (s.diff_attention) {
        s.diff_attention[n * s.diff_attention_batch] = static_cast<float>(-diff_share.total());
    }
}

}  // namespace

void rnn_step(int32_t cell, const rondo_step &s) {
    for (int64_t n = 0; n < s.batch; n++) {
        const float *const g = s.gates + n * s.hidden;
        float *const dst = s.dst + n * s.dst_batch;
        for_each_vec(s.hidden, [&](int64_t i, auto lanes) {
            const vec x = lanes.load(g + i);
            lanes.store(dst + i, cell == RONDO_RNN_TANH ? tanh(x) : cell == RONDO_RNN_RELU ? relu(x) : sigmoid(x));
        });
    }
}

void rnn_step_backward(int32_t cell, const rondo_step &s) {
    for (int64_t n = 0; n < s.batch; n++) {
        const float *const h = s.dst + n * s.dst_batch;
        const float *const diff_dst = row(s.diff_dst, s.diff_dst_batch, n);
        for_each_vec(s.hidden, [&](int64_t i, auto lanes) {
            const vec dh = gradient(diff_dst, s.diff_state + n * s.hidden, i, lanes);
            const vec y = lanes.load(h + i);
            const vec through = y > 0.0f ? dh : (y <= 0.0f ? vec{} : y);  // NaN stays
            const vec slope = cell == RONDO_RNN_TANH ? 1.0f - y * y : y * (1.0f - y);
            lanes.store(s.gates + n * s.hidden + i, cell == RONDO_RNN_RELU ? through : dh * slope);
        });
    }
}

void lstm_step(const rondo_step &s) {
    const int64_t hidden = s.hidden;
    for (int64_t n = 0; n < s.batch; n++) {
        float *const g = s.gates + n * 4 * hidden;
        const float *const before = s.src_cell + n * s.src_cell_batch;
        float *const cell = s.cell + n * hidden;
        float *const dst = s.dst + n * s.dst_batch;
        for_each_vec(hidden, [&](int64_t j, auto lanes) {
            const vec i = sigmoid(lanes.load(g + j));
            const vec f = sigmoid(lanes.load(g + hidden + j));
            const vec c = tanh(lanes.load(g + 2 * hidden + j));
            const vec o = sigmoid(lanes.load(g + 3 * hidden + j));
            const vec next = f * lanes.load(before + j) + i * c;
            lanes.store(g + j, i);
            lanes.store(g + hidden + j, f);
            lanes.store(g + 2 * hidden + j, c);
            lanes.store(g + 3 * hidden + j, o);
            lanes.store(cell + j, next);
            lanes.store(dst + j, o * tanh(next));
        });
    }
}

void lstm_step_backward(const rondo_step &s) {
    const int64_t hidden = s.hidden;
    for (int64_t n = 0; n < s.batch; n++) {
        float *const g = s.gates + n * 4 * hidden;
        const float *const before = s.src_cell + n * s.src_cell_batch;
        const float *const cell = s.cell + n * hidden;
        float *const diff_cell = s.diff_cell + n * hidden;
        const float *const diff_dst = row(s.diff_dst, s.diff_dst_batch, n);
        for_each_vec(hidden, [&](int64_t j, auto lanes) {
            const vec i = lanes.load(g + j);
            const vec f = lanes.load(g + hidden + j);
            const vec c = lanes.load(g + 2 * hidden + j);
            const vec o = lanes.load(g + 3 * hidden + j);
            const vec squashed = tanh(lanes.load(cell + j));
            const vec dh = gradient(diff_dst, s.diff_state + n * hidden, j, lanes);
            const vec dc = lanes.load(diff_cell + j) + dh * o * (1.0f - squashed * squashed);
            lanes.store(g + j, dc * c * i * (1.0f - i));
            lanes.store(g + hidden + j, dc * lanes.load(before + j) * f * (1.0f - f));
            lanes.store(g + 2 * hidden + j, dc * i * (1.0f - c * c));
            lanes.store(g + 3 * hidden + j, dh * squashed * o * (1.0f - o));
            lanes.store(diff_cell + j, dc * f);
        });
    }
}

void lbr_gru_step(const rondo_step &s) {
    const int64_t hidden = s.hidden;
    for (int64_t n = 0; n < s.batch; n++) {
        float *const g = s.gates + n * 3 * hidden;
        const float *const product = s.products + n * 3 * hidden;
        const float *const before = s.src + n * s.src_batch;
        float *const dst = s.dst + n * s.dst_batch;
        for_each_vec(hidden, [&](int64_t i, auto lanes) {
            const vec r = sigmoid(lanes.load(g + i) + lanes.load(product + i));
            const vec z = sigmoid(lanes.load(g + hidden + i) + lanes.load(product + hidden + i));
            const vec c = tanh(lanes.load(g + 2 * hidden + i) + r * lanes.load(product + 2 * hidden + i));
            lanes.store(g + i, r);
            lanes.store(g + hidden + i, z);
            lanes.store(g + 2 * hidden + i, c);
            lanes.store(dst + i, mix(z, share(s, n), lanes.load(before + i), c));
        });
    }
}

void lbr_gru_step_backward(const rondo_step &s) {
    const int64_t hidden = s.hidden;
    for (int64_t n = 0; n < s.batch; n++) {
        float *const g = s.gates + n * 3 * hidden;
        float *const product = s.products + n * 3 * hidden;
        const float *const before = s.src + n * s.src_batch;
        float *const diff_state = s.diff_state + n * hidden;
        const float *const diff_dst = row(s.diff_dst, s.diff_dst_batch, n);
        Sum diff_share;
        for_each_vec(hidden, [&](int64_t i, auto lanes) {
            const vec r = lanes.load(g + i);
            const vec z = lanes.load(g + hidden + i);
            const vec c = lanes.load(g + 2 * hidden + i);
            const vec dh = gradient(diff_dst, diff_state, i, lanes);
            const Unmixed d = unmix(dh, z, share(s, n), lanes.load(before + i), c);
            const vec dr = d.c * lanes.load(product + 2 * hidden + i) * r * (1.0f - r);
            lanes.store(g + i, dr);
            lanes.store(g + hidden + i, d.z);
            lanes.store(g + 2 * hidden + i, d.c);
            lanes.store(product + i, dr);
            lanes.store(product + hidden + i, d.z);
            lanes.store(product + 2 * hidden + i, d.c * r);
            lanes.store(diff_state + i, d.h);
            diff_share.add(lanes.only(d.share));
        });
        store_attention(s, n, diff_share);
    }
}

void gru_reset(const rondo_step &s) {
    const int64_t hidden = s.hidden;
    for (int64_t n = 0; n < s.batch; n++) {
        float *const g = s.gates + n * 3 * hidden;
        const float *const before = s.src + n * s.src_batch;
        for_each_vec(hidden, [&](int64_t i, auto lanes) {
            const vec r = sigmoid(lanes.load(g + i));
            lanes.store(g + i, r);
            lanes.store(g + hidden + i, sigmoid(lanes.load(g + hidden + i)));
            lanes.store(s.products + n * hidden + i, r * lanes.load(before + i));
        });
    }
}

void gru_step(const rondo_step &s) {
    const int64_t hidden = s.hidden;
    for (int64_t n = 0; n < s.batch; n++) {
        float *const g = s.gates + n * 3 * hidden;
        const float *const before = s.src + n * s.src_batch;
        float *const dst = s.dst + n * s.dst_batch;
        for_each_vec(hidden, [&](int64_t i, auto lanes) {
            const vec c = tanh(lanes.load(g + 2 * hidden + i));
            lanes.store(g + 2 * hidden + i, c);
            lanes.store(dst + i, mix(lanes.load(g + hidden + i), share(s, n), lanes.load(before + i), c));
        });
    }
}

void gru_step_backward(const rondo_step &s) {
    const int64_t hidden = s.hidden;
    for (int64_t n = 0; n < s.batch; n++) {
        float *const g = s.gates + n * 3 * hidden;
        const float *const before = s.src + n * s.src_batch;
        float *const diff_state = s.diff_state + n * hidden;
        const float *const diff_dst = row(s.diff_dst, s.diff_dst_batch, n);
        Sum diff_share;
        for_each_vec(hidden, [&](int64_t i, auto lanes) {
            const vec z = lanes.load(g + hidden + i);
            const vec c = lanes.load(g + 2 * hidden + i);
            const vec dh = gradient(diff_dst, diff_state, i, lanes);
            const Unmixed d = unmix(dh, z, share(s, n), lanes.load(before + i), c);
            lanes.store(g + hidden + i, d.z);
            lanes.store(g + 2 * hidden + i, d.c);
            lanes.store(diff_state + i, d.h);
            diff_share.add(lanes.only(d.share));
        });
        store_attention(s, n, diff_share);
    }
}

void gru_reset_backward(const rondo_step &s) {
    const int64_t hidden = s.hidden;
    for (int64_t n = 0; n < s.batch; n++) {
        float *const g = s.gates + n * 3 * hidden;
        float *const product = s.products + n * hidden;
        const float *const before = s.src + n * s.src_batch;
        float *const diff_state = s.diff_state + n * hidden;
        for_each_vec(hidden, [&](int64_t i, auto lanes) {
            const vec r = lanes.load(g + i);
            const vec h = lanes.load(before + i);
            const vec d = lanes.load(product + i);
            lanes.store(g + i, d * h * r * (1.0f - r));
            lanes.store(product + i, r * h);
            lanes.store(diff_state + i, lanes.load(diff_state + i) + d * r);
        });
    }
}

}  // namespace rondo::RONDO_ISA
