// The cells of recursive networks: each computes a node in a pass over its tree, and its gradients in the pass back.
#pragma once

#include "elementwise.h"
#include "tree_pass.h"

namespace rondo::RONDO_ISA {

struct Rnn {
    struct Up : Forward {
        using Forward::Forward;

        void operator()(int64_t u) const {
            give(u);
            receive(u, 0, width);
            float *const g = gates(u);
            for_each_vec(hidden, [&](int64_t j, auto lanes) {
                const vec y = tanh(lanes.load(g + j));
                lanes.store(g + j, y);
                lanes.store(h(u) + j, y);
            });
        }
    };

    struct Down : Backward {
        using Backward::Backward;

        void operator()(int64_t u) const {
            for_each_vec(hidden, [&](int64_t j, auto lanes) {
                const vec y = lanes.load(h(u) + j);
                lanes.store(gates(u) + j, gradient_of_h(u, j, lanes, false) * (1.0f - y * y));
            });
        }
    };
};

// Gates i, the forget gates, g, o.
struct Lstm {
    struct Up : Forward {
        using Forward::Forward;

        void operator()(int64_t u) const {
            const int64_t candidate = (1 + t.slots) * hidden, output = candidate + hidden;
            give(u);
            receive(u, 0, width);
            float *const g = gates(u);
            const int64_t open = receives(u) ? candidate : hidden;  // nothing passes the forget gates of others
            for_each_vec(open, [&](int64_t j, auto lanes) { lanes.store(g + j, sigmoid(lanes.load(g + j))); });
            for_each_vec(hidden, [&](int64_t j, auto lanes) {
                const vec n = tanh(lanes.load(g + candidate + j));
                const vec o = sigmoid(lanes.load(g + output + j));
                vec cell = lanes.load(g + j) * n;
                received(u, [&](int64_t v) {
                    cell += lanes.load(g + (1 + slot(v)) * hidden + j) * lanes.load(c(source(v)) + j);
                });
                lanes.store(g + candidate + j, n);
                lanes.store(g + output + j, o);
                lanes.store(c(u) + j, cell);
                lanes.store(h(u) + j, o * tanh(cell));
            });
        }
    };

    struct Down : Backward {
        using Backward::Backward;

        void operator()(int64_t u) const {
            const int64_t candidate = (1 + t.slots) * hidden, output = candidate + hidden;
            float *const g = gates(u);
            for_each_vec(hidden, [&](int64_t j, auto lanes) {
                const vec i = lanes.load(g + j);
                const vec n = lanes.load(g + candidate + j);
                const vec o = lanes.load(g + output + j);
                const vec squashed = tanh(lanes.load(c(u) + j));
                const vec dh = gradient_of_h(u, j, lanes, false);
                const vec dc = gradient_of_c(u, j, lanes) + dh * o * (1.0f - squashed * squashed);
                lanes.store(g + j, dc * n * i * (1.0f - i));
                lanes.store(g + candidate + j, dc * i * (1.0f - n * n));
                lanes.store(g + output + j, dh * squashed * o * (1.0f - o));
                for (int64_t k = 0; k < t.slots; k++) {
                    float *const forget = g + (1 + k) * hidden + j;
                    if (!receives(u)) {
                        lanes.store(forget, vec{});
                        continue;
                    }
                    const vec f = lanes.load(forget);
                    vec kept = {};
                    received(u, [&](int64_t v) {
                        if (slot(v) == k) {
                            kept += lanes.load(c(source(v)) + j);
                            lanes.store(diff_cell(v) + j, dc * f);
                        }
                    });
                    lanes.store(forget, dc * kept * f * (1.0f - f));
                }
            });
        }
    };
};

// Gates i, f, g, o, of which f is the edges' own.
struct ChildSumLstm {
    struct Up : Forward {
        using Forward::Forward;

        void operator()(int64_t u) const {
            give(u);
            receive(u, 0, hidden);
            receive(u, 2 * hidden, 4 * hidden);
            float *const g = gates(u);
            for_each_vec(hidden, [&](int64_t j, auto lanes) {
                const vec i = sigmoid(lanes.load(g + j));
                const vec n = tanh(lanes.load(g + 2 * hidden + j));
                const vec o = sigmoid(lanes.load(g + 3 * hidden + j));
                const vec given = lanes.load(g + hidden + j);
                vec cell = i * n;
                received(u, [&](int64_t v) {
                    const vec f = sigmoid(given + lanes.load(message(v) + hidden + j));
                    lanes.store(edge(v, hidden) + j, f);
                    cell += f * lanes.load(c(source(v)) + j);
                });
                lanes.store(g + j, i);
                lanes.store(g + 2 * hidden + j, n);
                lanes.store(g + 3 * hidden + j, o);
                lanes.store(c(u) + j, cell);
                lanes.store(h(u) + j, o * tanh(cell));
            });
        }
    };

    struct Down : Backward {
        using Backward::Backward;

        void operator()(int64_t u) const {
            float *const g = gates(u);
            for_each_vec(hidden, [&](int64_t j, auto lanes) {
                const vec i = lanes.load(g + j);
                const vec n = lanes.load(g + 2 * hidden + j);
                const vec o = lanes.load(g + 3 * hidden + j);
                const vec squashed = tanh(lanes.load(c(u) + j));
                const vec dh = gradient_of_h(u, j, lanes, false);
                const vec dc = gradient_of_c(u, j, lanes) + dh * o * (1.0f - squashed * squashed);
                const vec di = dc * n * i * (1.0f - i);
                const vec dn = dc * i * (1.0f - n * n);
                const vec dout = dh * squashed * o * (1.0f - o);
                vec forgets = {};
                received(u, [&](int64_t v) {
                    const vec f = lanes.load(edge(v, hidden) + j);
                    const vec df = dc * lanes.load(c(source(v)) + j) * f * (1.0f - f);
                    forgets += df;
                    float *const to = t.diff_messages + v * width + j;
                    lanes.store(to, di);
                    lanes.store(to + hidden, df);
                    lanes.store(to + 2 * hidden, dn);
                    lanes.store(to + 3 * hidden, dout);
                    lanes.store(diff_cell(v) + j, dc * f);
                });
                lanes.store(g + j, di);
                lanes.store(g + hidden + j, forgets);
                lanes.store(g + 2 * hidden + j, dn);
                lanes.store(g + 3 * hidden + j, dout);
            });
        }
    };
};

// Gates r, z, n; edges keep their r and P.
struct Gru {
    struct Up : Forward {
        using Forward::Forward;

        void operator()(int64_t u) const {
            give(u);
            receive(u, hidden, 2 * hidden);
            float *const g = gates(u);
            for_each_vec(hidden, [&](int64_t j, auto lanes) {
                const vec z = sigmoid(lanes.load(g + hidden + j));
                const vec given = lanes.load(g + j);
                vec candidate = lanes.load(g + 2 * hidden + j);
                vec states = {};
                received(u, [&](int64_t v) {
                    const vec r = sigmoid(given + lanes.load(message(v) + j));
                    const vec p = lanes.load(message(v) + 2 * hidden + j);
                    lanes.store(edge(v, 2 * hidden) + j, r);
                    lanes.store(edge(v, 2 * hidden) + hidden + j, p);
                    candidate += r * p;
                    states += lanes.load(h(source(v)) + j);
                });
                const vec n = tanh(candidate);
                lanes.store(g + hidden + j, z);
                lanes.store(g + 2 * hidden + j, n);
                lanes.store(h(u) + j, (1.0f - z) * n + z * states);
            });
        }
    };

    struct Down : Backward {
        using Backward::Backward;

        void operator()(int64_t u) const {
            float *const g = gates(u);
            for_each_vec(hidden, [&](int64_t j, auto lanes) {
                const vec z = lanes.load(g + hidden + j);
                const vec n = lanes.load(g + 2 * hidden + j);
                const vec dh = gradient_of_h(u, j, lanes, true);
                vec states = {};
                received(u, [&](int64_t v) { states += lanes.load(h(source(v)) + j); });
                const vec dz = dh * (states - n) * z * (1.0f - z);
                const vec dn = dh * (1.0f - z) * (1.0f - n * n);
                vec resets = {};
                received(u, [&](int64_t v) {
                    const vec r = lanes.load(edge(v, 2 * hidden) + j);
                    const vec dr = dn * lanes.load(edge(v, 2 * hidden) + hidden + j) * r * (1.0f - r);
                    resets += dr;
                    float *const to = t.diff_messages + v * width + j;
                    lanes.store(to, dr);
                    lanes.store(to + hidden, dz);
                    lanes.store(to + 2 * hidden, dn * r);
                    lanes.store(direct(v) + j, dh * z);
                });
                lanes.store(g + j, resets);
                lanes.store(g + hidden + j, dz);
                lanes.store(g + 2 * hidden + j, dn);
            });
        }
    };
};

// The sums P, then T by unit and slot, which become their gradients.
struct Tensor {
    struct Up : Forward {
        using Forward::Forward;

        void operator()(int64_t u) const {
            give(u);
            receive(u, 0, width);
            float *const g = gates(u);
            received(u, [&](int64_t v) {
                const float *const from = h(source(v));
                for (int64_t unit = 0; unit < hidden; unit++) {
                    const float *const row = g + hidden + (unit * t.slots + slot(v)) * hidden;
                    vec sum = {};
                    for_each_vec(hidden, [&](int64_t j, auto lanes) {
                        sum += lanes.only(lanes.load(row + j) * lanes.load(from + j));
                    });
                    g[unit] += RONDO_ISA::sum(sum);
                }
            });
            for_each_vec(hidden, [&](int64_t j, auto lanes) { lanes.store(h(u) + j, tanh(lanes.load(g + j))); });
        }
    };

    struct Down : Backward {
        using Backward::Backward;

        void operator()(int64_t u) const {
            float *const g = gates(u);
            for_each_vec(hidden, [&](int64_t j, auto lanes) {
                const vec y = lanes.load(h(u) + j);
                lanes.store(g + j, gradient_of_h(u, j, lanes, true) * (1.0f - y * y));
            });
            received(u, [&](int64_t v) {
                for_each_vec(hidden, [&](int64_t j, auto lanes) {
                    vec sum = {};
                    for (int64_t unit = 0; unit < hidden; unit++) {
                        sum += g[unit] * lanes.load(g + hidden + (unit * t.slots + slot(v)) * hidden + j);
                    }
                    lanes.store(direct(v) + j, sum);
                });
            });
            for (int64_t unit = 0; unit < hidden; unit++) {
                for (int64_t k = 0; k < t.slots; k++) {
                    float *const row = g + hidden + (unit * t.slots + k) * hidden;
                    for_each_vec(hidden, [&](int64_t j, auto lanes) {
                        vec sum = {};
                        received(u, [&](int64_t v) {
                            sum += slot(v) == k ? lanes.load(h(source(v)) + j) : vec{};
                        });
                        lanes.store(row + j, g[unit] * sum);
                    });
                }
            }
        }
    };
};

}  // namespace rondo::RONDO_ISA
