// One step of gated cells and of their gradients, from the input's share and the recurrent product.
#include "elementwise.h"
#include "kernels.h"

namespace rondo::RONDO_ISA {

namespace {

// Sums over a row of what body(i, lanes) gives.
template <class Body>
float total(int64_t length, Body body) {
    vec sums = {};
    for_each_vec(length, [&](int64_t i, auto lanes) { sums += lanes.only(body(i, lanes)); });
    return sum(sums);
}

// dst = (src - mean) / sqrt(variance + eps); gives the factor.
float normalize(const float *src, int64_t length, float eps, float *dst) {
    const float mean = total(length, [&](int64_t i, auto lanes) { return lanes.load(src + i); }) / length;
    const float variance = total(length, [&](int64_t i, auto lanes) {
                               const vec x = lanes.load(src + i) - mean;
                               return x * x;
                           }) /
                           length;
    const float scale = 1.0f / sqrt(splat(variance + eps))[0];
    for_each_vec(length, [&](int64_t i, auto lanes) { lanes.store(dst + i, (lanes.load(src + i) - mean) * scale); });
    return scale;
}

// The gradient of what normalize read, from that of gain * normalized + shift; adds to those of gain and shift.
// With store(i, lanes, gradient).
template <class Store>
void normalize_backward(const float *diff, const float *normalized, const float *gain, float scale, int64_t length,
                        float *diff_gain, float *diff_shift, Store store) {
    vec sums = {}, products = {};
    for_each_vec(length, [&](int64_t i, auto lanes) {
        const vec d = lanes.load(diff + i), x = lanes.load(normalized + i);
        lanes.store(diff_gain + i, lanes.load(diff_gain + i) + d * x);
        lanes.store(diff_shift + i, lanes.load(diff_shift + i) + d);
        const vec scaled = lanes.only(d * lanes.load(gain + i));
        sums += scaled;
        products += scaled * x;
    });
    const float mean = sum(sums) / length, slope = sum(products) / length;
    for_each_vec(length, [&](int64_t i, auto lanes) {
        const vec scaled = lanes.load(diff + i) * lanes.load(gain + i);
        store(i, lanes, (scaled - mean - lanes.load(normalized + i) * slope) * scale);
    });
}

void zero(float *x, int64_t length) {
    for_each_vec(length, [&](int64_t i, auto lanes) { lanes.store(x + i, vec{}); });
}

template <class Lanes>
vec or_zero(const float *x, int64_t i, Lanes lanes) {
    return x ? lanes.load(x + i) : vec{};
}

// A gate's argument, after the products of its row have been normalized.
template <class Lanes>
vec argument(const rondo_cell_step &s, int64_t row, int64_t i, Lanes lanes) {
    const vec share = lanes.load(s.share + row + i);
    return s.gain ? share + lanes.load(s.normalized + row + i) * lanes.load(s.gain + i) + lanes.load(s.shift + i)
                  : share + lanes.load(s.product + row + i);
}

}  // namespace

void lstm_cell(const rondo_cell_step &s) {
    const int64_t hidden = s.hidden, width = 4 * hidden;
    for (int64_t n = 0; n < s.batch; n++) {
        const int64_t row = n * width, unit = n * hidden;
        if (s.gain) {
            s.scales[2 * n] = normalize(s.product + row, width, s.eps, s.normalized + row);
        }
        for_each_vec(hidden, [&](int64_t j, auto lanes) {
            const vec i = sigmoid(argument(s, row, j, lanes));
            const vec f = sigmoid(argument(s, row, hidden + j, lanes));
            const vec g = tanh(argument(s, row, 2 * hidden + j, lanes));
            const vec o = sigmoid(argument(s, row, 3 * hidden + j, lanes));
            const vec c = f * lanes.load(s.src_cell + unit + j) + i * g;
            lanes.store(s.gates + row + j, i);
            lanes.store(s.gates + row + hidden + j, f);
            lanes.store(s.gates + row + 2 * hidden + j, g);
            lanes.store(s.gates + row + 3 * hidden + j, o);
            lanes.store(s.cell + unit + j, c);
            lanes.store(s.dst + unit + j, o * tanh(c));
        });
        if (!s.gain) {
            continue;
        }
        s.scales[2 * n + 1] = normalize(s.cell + unit, hidden, s.eps, s.normalized_cell + unit);
        for_each_vec(hidden, [&](int64_t j, auto lanes) {
            const vec c = lanes.load(s.normalized_cell + unit + j) * lanes.load(s.cell_gain + j);
            const vec o = lanes.load(s.gates + row + 3 * hidden + j);
            lanes.store(s.dst + unit + j, o * tanh(c + lanes.load(s.cell_shift + j)));
        });
    }
}

void lstm_cell_backward(const rondo_cell_step &s) {
    const int64_t hidden = s.hidden, width = 4 * hidden;
    if (s.gain) {
        zero(s.diff_gain, width);
        zero(s.diff_shift, width);
        zero(s.diff_cell_gain, hidden);
        zero(s.diff_cell_shift, hidden);
    }
    for (int64_t n = 0; n < s.batch; n++) {
        const int64_t row = n * width, unit = n * hidden;
        const float *const gates = s.gates + row;
        const float *const diff_dst = s.diff_dst ? s.diff_dst + unit : nullptr;
        const float *const diff_cell = s.diff_cell ? s.diff_cell + unit : nullptr;
        float *const diff_share = s.diff_share + row;
        float *const diff_before = s.diff_src_cell + unit;  // c's gradient first, then that of c before the step
        for_each_vec(hidden, [&](int64_t j, auto lanes) {
            const vec o = lanes.load(gates + 3 * hidden + j);
            const vec read = s.gain ? lanes.load(s.normalized_cell + unit + j) * lanes.load(s.cell_gain + j) +
                                          lanes.load(s.cell_shift + j)
                                    : lanes.load(s.cell + unit + j);
            const vec squashed = tanh(read), dh = or_zero(diff_dst, j, lanes);
            const vec through = dh * o * (1.0f - squashed * squashed);
            lanes.store(diff_share + 3 * hidden + j, dh * squashed * o * (1.0f - o));
            lanes.store(diff_before + j, s.gain ? through : through + or_zero(diff_cell, j, lanes));
        });
        if (s.gain) {
            normalize_backward(diff_before, s.normalized_cell + unit, s.cell_gain, s.scales[2 * n + 1], hidden,
                               s.diff_cell_gain, s.diff_cell_shift, [&](int64_t j, auto lanes, vec d) {
                                   lanes.store(diff_before + j, d + or_zero(diff_cell, j, lanes));
                               });
        }
        for_each_vec(hidden, [&](int64_t j, auto lanes) {
            const vec i = lanes.load(gates + j), f = lanes.load(gates + hidden + j);
            const vec g = lanes.load(gates + 2 * hidden + j), dc = lanes.load(diff_before + j);
            lanes.store(diff_share + j, dc * g * i * (1.0f - i));
            lanes.store(diff_share + hidden + j, dc * lanes.load(s.src_cell + unit + j) * f * (1.0f - f));
            lanes.store(diff_share + 2 * hidden + j, dc * i * (1.0f - g * g));
            lanes.store(diff_before + j, dc * f);
        });
        if (s.gain) {
            normalize_backward(diff_share, s.normalized + row, s.gain, s.scales[2 * n], width, s.diff_gain,
                               s.diff_shift, [&](int64_t j, auto lanes, vec d) {
                                   lanes.store(s.diff_product + row + j, d);
                               });
        }
    }
}

void gru_cell(const rondo_cell_step &s) {
    const int64_t hidden = s.hidden, width = 3 * hidden;
    for (int64_t n = 0; n < s.batch; n++) {
        const int64_t row = n * width, unit = n * hidden;
        if (s.gain) {
            const float *const product = s.product + row;
            float *const normalized = s.normalized + row;
            s.scales[2 * n] = normalize(product, 2 * hidden, s.eps, normalized);
            s.scales[2 * n + 1] = normalize(product + 2 * hidden, hidden, s.eps, normalized + 2 * hidden);
        }
        for_each_vec(hidden, [&](int64_t j, auto lanes) {
            const vec r = sigmoid(argument(s, row, j, lanes));
            const vec z = sigmoid(argument(s, row, hidden + j, lanes));
            const vec share = lanes.load(s.share + row + 2 * hidden + j);
            const vec p = argument(s, row, 2 * hidden + j, lanes) - share;
            const vec c = tanh(share + r * p);
            lanes.store(s.gates + row + j, r);
            lanes.store(s.gates + row + hidden + j, z);
            lanes.store(s.gates + row + 2 * hidden + j, c);
            lanes.store(s.dst + unit + j, z * lanes.load(s.src + unit + j) + (1.0f - z) * c);
        });
    }
}

void gru_cell_backward(const rondo_cell_step &s) {
    const int64_t hidden = s.hidden, width = 3 * hidden;
    if (s.gain) {
        zero(s.diff_gain, width);
        zero(s.diff_shift, width);
    }
    for (int64_t n = 0; n < s.batch; n++) {
        const int64_t row = n * width, unit = n * hidden, last = row + 2 * hidden;
        const float *const diff_dst = s.diff_dst ? s.diff_dst + unit : nullptr;
        for_each_vec(hidden, [&](int64_t j, auto lanes) {
            const vec r = lanes.load(s.gates + row + j), z = lanes.load(s.gates + row + hidden + j);
            const vec c = lanes.load(s.gates + last + j), dh = or_zero(diff_dst, j, lanes);
            const vec p = s.gain ? lanes.load(s.normalized + last + j) * lanes.load(s.gain + 2 * hidden + j) +
                                       lanes.load(s.shift + 2 * hidden + j)
                                 : lanes.load(s.product + last + j);
            const vec dc = dh * (1.0f - z) * (1.0f - c * c);
            const vec dr = dc * p * r * (1.0f - r);
            const vec dz = dh * (lanes.load(s.src + unit + j) - c) * z * (1.0f - z);
            lanes.store(s.diff_share + row + j, dr);
            lanes.store(s.diff_share + row + hidden + j, dz);
            lanes.store(s.diff_share + last + j, dc);
            lanes.store(s.diff_product + row + j, dr);
            lanes.store(s.diff_product + row + hidden + j, dz);
            lanes.store(s.diff_product + last + j, dc * r);
            lanes.store(s.diff_src + unit + j, dh * z);
        });
        for (int64_t from = 0; s.gain && from < width; from += 2 * hidden) {
            float *const diff = s.diff_product + row + from;
            normalize_backward(diff, s.normalized + row + from, s.gain + from, s.scales[2 * n + (from > 0)],
                               from > 0 ? hidden : 2 * hidden, s.diff_gain + from, s.diff_shift + from,
                               [&](int64_t j, auto lanes, vec d) { lanes.store(diff + j, d); });
        }
    }
}

void coupled_lstm_cell(const rondo_cell_step &s) {
    const int64_t hidden = s.hidden, width = 3 * hidden;
    for (int64_t n = 0; n < s.batch; n++) {
        const int64_t row = n * width, unit = n * hidden;
        for_each_vec(hidden, [&](int64_t j, auto lanes) {
            const vec i = sigmoid(argument(s, row, j, lanes));
            const vec g = tanh(argument(s, row, hidden + j, lanes));
            const vec o = sigmoid(argument(s, row, 2 * hidden + j, lanes));
            const vec c = (1.0f - i) * lanes.load(s.src_cell + unit + j) + i * g;
            lanes.store(s.gates + row + j, i);
            lanes.store(s.gates + row + hidden + j, g);
            lanes.store(s.gates + row + 2 * hidden + j, o);
            lanes.store(s.cell + unit + j, c);
            lanes.store(s.dst + unit + j, o * tanh(c));
        });
    }
}

void coupled_lstm_cell_backward(const rondo_cell_step &s) {
    const int64_t hidden = s.hidden, width = 3 * hidden;
    for (int64_t n = 0; n < s.batch; n++) {
        const int64_t row = n * width, unit = n * hidden;
        const float *const diff_dst = s.diff_dst ? s.diff_dst + unit : nullptr;
        const float *const diff_cell = s.diff_cell ? s.diff_cell + unit : nullptr;
        for_each_vec(hidden, [&](int64_t j, auto lanes) {
            const vec i = lanes.load(s.gates + row + j), g = lanes.load(s.gates + row + hidden + j);
            const vec o = lanes.load(s.gates + row + 2 * hidden + j), dh = or_zero(diff_dst, j, lanes);
            const vec squashed = tanh(lanes.load(s.cell + unit + j));
            const vec dc = or_zero(diff_cell, j, lanes) + dh * o * (1.0f - squashed * squashed);
            const vec change = g - lanes.load(s.src_cell + unit + j);
            lanes.store(s.diff_share + row + j, dc * change * i * (1.0f - i));
            lanes.store(s.diff_share + row + hidden + j, dc * i * (1.0f - g * g));
            lanes.store(s.diff_share + row + 2 * hidden + j, dh * squashed * o * (1.0f - o));
            lanes.store(s.diff_src_cell + unit + j, dc * (1.0f - i));
        });
    }
}

void slstm_cell(const rondo_cell_step &s) {
    const int64_t hidden = s.hidden, width = 4 * hidden;
    for (int64_t n = 0; n < s.batch; n++) {
        const int64_t row = n * width, unit = n * hidden;
        for_each_vec(hidden, [&](int64_t j, auto lanes) {
            const vec input = argument(s, row, j, lanes);
            const vec forget = argument(s, row, hidden + j, lanes);
            const vec z = tanh(argument(s, row, 2 * hidden + j, lanes));
            const vec o = sigmoid(argument(s, row, 3 * hidden + j, lanes));
            const vec below = forget < 0.0f ? forget : vec{};
            const vec kept = below - log1p(exp(-abs(forget))) + lanes.load(s.src_stabilizer + unit + j);
            const vec m = max(kept, input);
            const vec i = exp(input - m), f = exp(kept - m);
            const vec c = f * lanes.load(s.src_cell + unit + j) + i * z;
            const vec weight = f * lanes.load(s.src_normalizer + unit + j) + i;
            lanes.store(s.gates + row + j, i);
            lanes.store(s.gates + row + hidden + j, f);
            lanes.store(s.gates + row + 2 * hidden + j, z);
            lanes.store(s.gates + row + 3 * hidden + j, o);
            lanes.store(s.cell + unit + j, c);
            lanes.store(s.normalizer + unit + j, weight);
            lanes.store(s.stabilizer + unit + j, m);
            lanes.store(s.dst + unit + j, o * c / weight);
        });
    }
}

void slstm_cell_backward(const rondo_cell_step &s) {
    const int64_t hidden = s.hidden, width = 4 * hidden;
    for (int64_t n = 0; n < s.batch; n++) {
        const int64_t row = n * width, unit = n * hidden;
        const float *const diff_dst = s.diff_dst ? s.diff_dst + unit : nullptr;
        const float *const diff_cell = s.diff_cell ? s.diff_cell + unit : nullptr;
        const float *const diff_normalizer = s.diff_normalizer ? s.diff_normalizer + unit : nullptr;
        for_each_vec(hidden, [&](int64_t j, auto lanes) {
            const vec i = lanes.load(s.gates + row + j), f = lanes.load(s.gates + row + hidden + j);
            const vec z = lanes.load(s.gates + row + 2 * hidden + j), o = lanes.load(s.gates + row + 3 * hidden + j);
            const vec weight = lanes.load(s.normalizer + unit + j);
            const vec read = lanes.load(s.cell + unit + j) / weight, dh = or_zero(diff_dst, j, lanes);
            const vec dc = or_zero(diff_cell, j, lanes) + dh * o / weight;
            const vec dn = or_zero(diff_normalizer, j, lanes) - dh * o * read / weight;
            const vec df = dc * lanes.load(s.src_cell + unit + j) + dn * lanes.load(s.src_normalizer + unit + j);
            const vec shut = 1.0f - sigmoid(argument(s, row, hidden + j, lanes));
            lanes.store(s.diff_share + row + j, (dc * z + dn) * i);
            lanes.store(s.diff_share + row + hidden + j, df * f * shut);
            lanes.store(s.diff_share + row + 2 * hidden + j, dc * i * (1.0f - z * z));
            lanes.store(s.diff_share + row + 3 * hidden + j, dh * read * o * (1.0f - o));
            lanes.store(s.diff_src_cell + unit + j, dc * f);
            lanes.store(s.diff_src_normalizer + unit + j, dn * f);
        });
    }
}

}  // namespace rondo::RONDO_ISA
