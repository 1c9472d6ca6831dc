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

// Rows of a product are multiplied in blocks of up to kRows, of nearly equal size.
class Blocks {
public:
    explicit Blocks(int64_t all_rows) : count((all_rows + kRows - 1) / kRows), rows(all_rows) {}
    int64_t first(int64_t block) const { return rows * block / count; }
    int64_t size(int64_t block) const { return first(block + 1) - first(block); }

    const int64_t count;

private:
    const int64_t rows;
};

// dst (Rows, Panels * Panel * kWidth) = src (Rows, depth) * panels (Panels, depth, Panel * kWidth), or that is added to
// dst. The rows of src are anywhere; or they are woven: the k-th elements of all rows side by side, from src[0] on.
// Meanwhile what lies ahead is fetched, a line for every four rows of the panels.
template <int64_t Rows, int64_t Panels, int64_t Panel, bool Add, bool Woven>
void multiply_block(const float *const *src, const float *panels, int64_t depth, float *dst, int64_t dst_stride,
                    const float *ahead) {
    constexpr int64_t kUnrolled = 4;
    const float *rows[Woven ? 1 : Rows];
#pragma GCC unroll 6
    for (int64_t r = 0; r < (Woven ? 1 : Rows); r++) {
        rows[r] = src[r];
    }
    vec sums[Rows][Panels * Panel] = {};

    const auto multiply_add = [&](int64_t k) __attribute__((always_inline)) {
#pragma GCC unroll 6
        for (int64_t r = 0; r < Rows; r++) {
            const vec x = splat(Woven ? rows[0][k * Rows + r] : rows[r][k]);
#pragma GCC unroll 8
            for (int64_t i = 0; i < Panels * Panel; i++) {
                sums[r][i] += x * load(panels + ((i / Panel * depth + k) * Panel + i % Panel) * kWidth);
            }
        }
    };
    int64_t k = 0;
    for (; k + kUnrolled <= depth; k += kUnrolled) {
        __builtin_prefetch(ahead + k * 4);
#pragma GCC unroll 4
        for (int64_t i = 0; i < kUnrolled; i++) {
            multiply_add(k + i);
        }
    }
    for (; k < depth; k++) {
        multiply_add(k);
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

using Block = void (*)(const float *const *, const float *, int64_t, float *, int64_t, const float *);

// The block for a number of rows up to Rows, and for so many registers: whole panels, or a narrower one.
template <bool Add, bool Woven, int64_t Rows = kRows, int64_t Panels = panels_for(Rows), int64_t Panel = kPanel>
Block block_for(int64_t rows, int64_t registers) {
    if constexpr (Rows > 1) {
        if (rows < Rows) {
            return block_for<Add, Woven, Rows - 1>(rows, registers);
        }
    }
    if constexpr (Panels > 1) {
        if (registers < Panels * Panel) {
            return block_for<Add, Woven, Rows, Panels - 1>(rows, registers);
        }
    } else if constexpr (Panel > 1) {
        if (registers < Panel) {
            return block_for<Add, Woven, Rows, 1, Panel - 1>(rows, registers);
        }
    }
    return multiply_block<Rows, Panels, Panel, Add, Woven>;
}

// The left operand of products with packed matrices: row(r) is its r-th row. With memory for all of its elements,
// which is best where there are many rows, it is woven block by block, so that a block reads memory in order.
template <class Row>
class Operand {
public:
    Operand(Row row_of, int64_t rows, int64_t length, float *memory)
        : row(row_of), blocks(rows), depth(length), woven(blocks.count > 1 ? memory : nullptr) {
        for (int64_t block = 0; woven && block < blocks.count; block++) {
            const int64_t first = blocks.first(block), count = blocks.size(block);
            float *const to = woven + first * depth;
            for (int64_t r = 0; r < count; r++) {
                const float *const from = row(first + r);
                for (int64_t k = 0; k < depth; k++) {
                    to[k * count + r] = from[k];
                }
            }
        }
    }

    // dst (rows, registers * kWidth) = operand * panels of so many registers, or that is added to dst; ahead are the
    // panels that are next.
    template <bool Add>
    void multiply(const float *panel, int64_t registers, const float *ahead, float *dst, int64_t dst_stride) const {
        // What blocks fetch overlaps where they are many, and leaves the rest to the processor where they are few.
        const int64_t share = depth * registers * kWidth / blocks.count;
        for (int64_t block = 0; block < blocks.count; block++) {
            const int64_t first = blocks.first(block), count = blocks.size(block);
            float *const to = dst + first * dst_stride;
            if (woven) {
                const float *const src[] = {woven + first * depth};
                block_for<Add, true>(count, registers)(src, panel, depth, to, dst_stride, ahead + block * share);
            } else {
                const float *src[kRows];
                for (int64_t r = 0; r < count; r++) {
                    src[r] = row(first + r);
                }
                block_for<Add, false>(count, registers)(src, panel, depth, to, dst_stride, ahead + block * share);
            }
        }
    }

private:
    const Row row;
    const Blocks blocks;
    const int64_t depth;
    float *const woven;
};

// Calls body(first register, registers, panels, the next panels) for all panels of a packed matrix: one after the other,
// or panels_for(rows) at once.
template <class Body>
void for_each_panel(int64_t rows, const float *packed, int64_t depth, int64_t registers, Body body) {
    int64_t width;
    for (int64_t begin = 0; begin < registers; begin += width) {
        const int64_t left = registers - begin;
        const int64_t whole = left / kPanel < panels_for(rows) ? left / kPanel : panels_for(rows);
        width = whole > 0 ? whole * kPanel : left;
        const int64_t next = width < left ? begin + width : 0;
        body(begin, width, packed + begin * depth * kWidth, packed + next * depth * kWidth);
    }
}

// dst (rows, registers * kWidth) = src (rows, depth) * packed (depth, registers * kWidth), where row(r) is the r-th row
// of src; or that is added to dst. Memory for rows * depth floats, or none, as in Operand.
//
// Each result is a sum over the depth from first to last, whatever the number of rows: a row's results do not depend,
// to the last bit, on what it is multiplied together with.
template <bool Add = false, class Row>
void multiply(Row row, int64_t rows, const float *packed, int64_t depth, int64_t registers, float *dst,
              int64_t dst_stride, float *memory = nullptr) {
    const Operand<Row> operand(row, rows, depth, memory);
    for_each_panel(rows, packed, depth, registers,
                   [&](int64_t begin, int64_t count, const float *panels, const float *next) {
                       operand.template multiply<Add>(panels, count, next, dst + begin * kWidth, dst_stride);
                   });
}

}  // namespace rondo::RONDO_ISA
