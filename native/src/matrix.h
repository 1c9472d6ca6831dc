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

// Panels side by side that so many rows are multiplied by at once, where there are as many: their sums keep the units
// busy. A sum over parts of the depth would too, but its order would depend on the number of rows.
constexpr int64_t panels_for(int64_t rows) {
    const int64_t panels = kChains / (rows * kPanel);
    return panels > 1 ? panels : 1;
}

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

// dst (Rows, Panels * Panel * kWidth) = src (Rows, depth) * panels (Panels, depth, Panel * kWidth), each row of src
// anywhere; or that is added to dst
template <int64_t Rows, int64_t Panels, int64_t Panel, bool Add>
void multiply_block(const float *const *src, const float *panels, int64_t depth, float *dst, int64_t dst_stride) {
    const float *rows[Rows];
#pragma GCC unroll 6
    for (int64_t r = 0; r < Rows; r++) {
        rows[r] = src[r];
    }
    vec sums[Rows][Panels * Panel] = {};
    for (int64_t k = 0; k < depth; k++) {
#pragma GCC unroll 6
        for (int64_t r = 0; r < Rows; r++) {
            const vec x = splat(rows[r][k]);
#pragma GCC unroll 8
            for (int64_t i = 0; i < Panels * Panel; i++) {
                sums[r][i] += x * load(panels + ((i / Panel * depth + k) * Panel + i % Panel) * kWidth);
            }
        }
    }
#pragma GCC unroll 6
    for (int64_t r = 0; r < Rows; r++) {
#pragma GCC unroll 8
        for (int64_t i = 0; i < Panels * Panel; i++) {
            float *const to = dst + r * dst_stride + i * kWidth;
            store(to, Add ? sums[r][i] + load(to) : sums[r][i]);
        }
    }
}

using Block = void (*)(const float *const *, const float *, int64_t, float *, int64_t);

// The block for a number of rows up to Rows, and for so many registers: whole panels, or a narrower one.
template <bool Add, int64_t Rows = kRows, int64_t Panels = panels_for(Rows), int64_t Panel = kPanel>
Block block_for(int64_t rows, int64_t registers) {
    if constexpr (Rows > 1) {
        if (rows < Rows) {
            return block_for<Add, Rows - 1>(rows, registers);
        }
    }
    if constexpr (Panels > 1) {
        if (registers < Panels * Panel) {
            return block_for<Add, Rows, Panels - 1>(rows, registers);
        }
    } else if constexpr (Panel > 1) {
        if (registers < Panel) {
            return block_for<Add, Rows, 1, Panel - 1>(rows, registers);
        }
    }
    return multiply_block<Rows, Panels, Panel, Add>;
}

// dst (rows, registers * kWidth) = src (rows, depth) * packed (depth, registers * kWidth), where row(r) is the r-th row
// of src; or that is added to dst
//
// Each result is a sum over the depth from first to last, whatever the number of rows: a row's results do not depend,
// to the last bit, on what it is multiplied together with.
template <bool Add = false, class Row>
void multiply(Row row, int64_t rows, const float *packed, int64_t depth, int64_t registers, float *dst,
              int64_t dst_stride) {
    const int64_t blocks = (rows + kRows - 1) / kRows;  // of nearly equal size
    int64_t width;
    for (int64_t begin = 0; begin < registers; begin += width) {
        const float *const panels = packed + begin * depth * kWidth;
        const int64_t left = registers - begin;
        const int64_t whole = left / kPanel < panels_for(rows) ? left / kPanel : panels_for(rows);
        width = whole > 0 ? whole * kPanel : left;
        for (int64_t block = 0; block < blocks; block++) {
            const int64_t first = rows * block / blocks;
            const int64_t count = rows * (block + 1) / blocks - first;
            const float *src[kRows];
            for (int64_t r = 0; r < count; r++) {
                src[r] = row(first + r);
            }
            block_for<Add>(count, width)(src, panels, depth, dst + first * dst_stride + begin * kWidth, dst_stride);
        }
    }
}

}  // namespace rondo::RONDO_ISA
