// The product of a few rows with a matrix packed into panels.
#pragma once

#include "vec.h"

namespace rondo::RONDO_ISA {

// In the largest block most registers hold sums, the others the operands.
#if defined(__AVX512F__) || defined(__aarch64__)
constexpr int64_t kPanel = 4;  // registers per row of a panel, of 32
#else
constexpr int64_t kPanel = 2;  // of 16
#endif
constexpr int64_t kRows = 6;

// Independent sums it takes to keep two multiply-add units with a latency of four cycles busy.
constexpr int64_t kChains = 8;

inline int64_t registers_for(int64_t length) { return (length + kWidth - 1) / kWidth; }

// A packed matrix (depth, registers * kWidth) is a sequence of panels of kPanel registers, the last one may have
// fewer; a panel (depth, panel width) is contiguous, so that a multiplication reads the whole matrix in order.
// Packs a matrix given transposed, (columns, depth), into registers [first, first + registers_for(columns)).
inline void pack(const float *transposed, int64_t columns, int64_t depth, float *packed, int64_t first,
                 int64_t registers) {
    for (int64_t i = 0; i < registers_for(columns); i++) {
        const int64_t begin = (first + i) / kPanel * kPanel;
        const int64_t panel = registers - begin < kPanel ? registers - begin : kPanel;
        float *const dst = packed + (begin * depth + first + i - begin) * kWidth;
        for (int64_t k = 0; k < depth; k++) {
            for (int64_t lane = 0; lane < kWidth; lane++) {
                const int64_t column = i * kWidth + lane;
                dst[k * panel * kWidth + lane] = column < columns ? transposed[column * depth + k] : 0;
            }
        }
    }
}

// dst (Rows, Panel * kWidth) = src (Rows, depth) * panel (depth, Panel * kWidth), each row of src anywhere; or that is
// added to dst
template <int64_t Rows, int64_t Panel, bool Add>
void multiply_block(const float *const *src, const float *panel, int64_t depth, float *dst, int64_t dst_stride) {
    const float *rows[Rows];
#pragma GCC unroll 6
    for (int64_t r = 0; r < Rows; r++) {
        rows[r] = src[r];
    }
    // Where a block has fewer sums than it takes, it has several of each, for different k.
    constexpr int64_t kSplit = Rows * Panel < kChains ? kChains / (Rows * Panel) : 1;
    vec sums[kSplit][Rows][Panel] = {};

    const auto multiply_add = [&](int64_t k, int64_t split) __attribute__((always_inline)) {
        const float *const row = panel + k * Panel * kWidth;
#pragma GCC unroll 6
        for (int64_t r = 0; r < Rows; r++) {
            const vec x = splat(rows[r][k]);
#pragma GCC unroll 4
            for (int64_t i = 0; i < Panel; i++) {
                sums[split][r][i] += x * load(row + i * kWidth);
            }
        }
    };
    int64_t k = 0;
    for (; k + kSplit <= depth; k += kSplit) {
#pragma GCC unroll 8
        for (int64_t split = 0; split < kSplit; split++) {
            multiply_add(k + split, split);
        }
    }
    for (; k < depth; k++) {
        multiply_add(k, 0);
    }

#pragma GCC unroll 6
    for (int64_t r = 0; r < Rows; r++) {
#pragma GCC unroll 4
        for (int64_t i = 0; i < Panel; i++) {
            vec total = sums[0][r][i];
#pragma GCC unroll 8
            for (int64_t split = 1; split < kSplit; split++) {
                total += sums[split][r][i];
            }
            float *const to = dst + r * dst_stride + i * kWidth;
            if constexpr (Add) {
                total += load(to);
            }
            store(to, total);
        }
    }
}

using Block = void (*)(const float *const *, const float *, int64_t, float *, int64_t);

// The block for a number of rows up to Rows and a panel of up to Panel registers.
template <bool Add, int64_t Rows = kRows, int64_t Panel = kPanel>
Block block_for(int64_t rows, int64_t panel) {
    if constexpr (Rows > 1) {
        if (rows < Rows) {
            return block_for<Add, Rows - 1, Panel>(rows, panel);
        }
    }
    if constexpr (Panel > 1) {
        if (panel < Panel) {
            return block_for<Add, Rows, Panel - 1>(rows, panel);
        }
    }
    return multiply_block<Rows, Panel, Add>;
}

// dst (rows, registers * kWidth) = src (rows, depth) * packed (depth, registers * kWidth), where row(r) is the r-th row
// of src; or that is added to dst
template <bool Add = false, class Row>
void multiply(Row row, int64_t rows, const float *packed, int64_t depth, int64_t registers, float *dst,
              int64_t dst_stride) {
    const int64_t blocks = (rows + kRows - 1) / kRows;  // of nearly equal size
    for (int64_t begin = 0; begin < registers; begin += kPanel) {
        const float *const panel = packed + begin * depth * kWidth;
        for (int64_t block = 0; block < blocks; block++) {
            const int64_t first = rows * block / blocks;
            const int64_t count = rows * (block + 1) / blocks - first;
            const float *src[kRows];
            for (int64_t r = 0; r < count; r++) {
                src[r] = row(first + r);
            }
            block_for<Add>(count, registers - begin)(src, panel, depth, dst + first * dst_stride + begin * kWidth,
                                                dst_stride);
        }
    }
}

}  // namespace rondo::RONDO_ISA
