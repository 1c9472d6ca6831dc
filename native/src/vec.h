// One register of floats, at the width of the instruction set compiled for.
#pragma once

#include <stdint.h>
#include <string.h>

namespace rondo::RONDO_ISA {

#if defined(__AVX512F__)
constexpr int64_t kWidth = 16;
#elif defined(__AVX2__)
constexpr int64_t kWidth = 8;
#else
constexpr int64_t kWidth = 4;
#endif

// GCC and Clang give these the element-wise operators, comparisons and ?: of scalars.
typedef float vec __attribute__((vector_size(kWidth * sizeof(float))));
typedef int32_t ivec __attribute__((vector_size(kWidth * sizeof(int32_t))));

// Subtracting zero changes no bit of x, adding it would lose the sign of -0, and compiles to nothing.
inline vec splat(float x) { return x - vec{}; }

inline vec load(const float *src) {
    vec x;
    memcpy(&x, src, sizeof x);
    return x;
}

inline void store(float *dst, vec x) { memcpy(dst, &x, sizeof x); }

inline vec max(vec a, vec b) { return a > b ? a : b; }

inline float sum(vec x) {
    float total = 0;
    for (int64_t i = 0; i < kWidth; i++) {
        total += x[i];
    }
    return total;
}

inline float max(vec x) {
    float top = x[0];
    for (int64_t i = 1; i < kWidth; i++) {
        top = x[i] > top ? x[i] : top;
    }
    return top;
}

// How to reach memory for a whole register, and for the end of a row that does not fill one.
struct Whole {
    vec load(const float *src, float /* fill */ = 0) const { return RONDO_ISA::load(src); }
    void store(float *dst, vec x) const { RONDO_ISA::store(dst, x); }
};

struct Partial {
    int64_t count;

    vec load(const float *src, float fill = 0) const {
        vec x = splat(fill);
        memcpy(&x, src, count * sizeof(float));
        return x;
    }
    void store(float *dst, vec x) const { memcpy(dst, &x, count * sizeof(float)); }
};

// Calls body(i, lanes) for each register of a row, where i is the position of its first float.
template <class Body>
inline void for_each_vec(int64_t length, Body body) {
    int64_t i = 0;
    for (; i + kWidth <= length; i += kWidth) {
        body(i, Whole{});
    }
    if (i < length) {
        body(i, Partial{length - i});
    }
}

}  // namespace rondo::RONDO_ISA
