// One register of floats, at the width of the instruction set compiled for.
#pragma once

#include <stdint.h>
#include <string.h>

#ifdef __x86_64__
#include <immintrin.h>
#else
#include <math.h>
#endif

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
typedef uint32_t uvec __attribute__((vector_size(kWidth * sizeof(uint32_t))));
typedef uint64_t wide __attribute__((vector_size(kWidth * sizeof(uint32_t))));  // half as many lanes

// Subtracting zero changes no bit of x, adding it would lose the sign of -0, and compiles to nothing.
inline vec splat(float x) { return x - vec{}; }

inline vec load(const float *src) {
    vec x;
    memcpy(&x, src, sizeof x);
    return x;
}

inline void store(float *dst, vec x) { memcpy(dst, &x, sizeof x); }

// b where one of them is NaN.
inline vec max(vec a, vec b) { return a > b ? a : b; }

inline ivec abs_bits(vec x) { return (ivec)x & 0x7fffffff; }
inline vec abs(vec x) { return (vec)abs_bits(x); }

inline vec sqrt(vec x) {
#if defined(__AVX512F__)
    return _mm512_maskz_sqrt_ps(0xffff, x);  // GCC 12 warns about the one without a mask
#elif defined(__AVX2__)
    return _mm256_sqrt_ps(x);
#elif defined(__x86_64__)
    return _mm_sqrt_ps(x);
#else
    for (int64_t i = 0; i < kWidth; i++) {
        x[i] = sqrtf(x[i]);
    }
    return x;
#endif
}

// The products of the lower halves of 64-bit lanes; the upper halves may hold anything.
inline wide multiply_low(wide a, wide b) {
#if defined(__AVX512F__)
    return (wide)_mm512_maskz_mul_epu32(0xff, (__m512i)a, (__m512i)b);
#elif defined(__AVX2__)
    return (wide)_mm256_mul_epu32((__m256i)a, (__m256i)b);
#elif defined(__x86_64__)
    return (wide)_mm_mul_epu32((__m128i)a, (__m128i)b);
#else
    return (a & 0xffffffff) * (b & 0xffffffff);
#endif
}

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

// Whether a comparison holds for any element.
inline bool any(ivec comparison) {
#if defined(__AVX512F__)
    return _mm512_test_epi32_mask((__m512i)comparison, (__m512i)comparison) != 0;
#elif defined(__AVX2__)
    return _mm256_movemask_ps((__m256)comparison) != 0;
#elif defined(__x86_64__)
    return _mm_movemask_ps((__m128)comparison) != 0;
#else
    int32_t all = 0;
    for (int64_t i = 0; i < kWidth; i++) {
        all |= comparison[i];
    }
    return all != 0;
#endif
}

// How to reach memory for a whole register, and for the end of a row that does not fill one: no float beyond it is
// read or written. only(x) has 0 in the other lanes.
struct Whole {
    vec load(const float *src, float /* fill */ = 0) const { return RONDO_ISA::load(src); }
    void store(float *dst, vec x) const { RONDO_ISA::store(dst, x); }
    vec only(vec x) const { return x; }
};

struct Partial {
    int64_t count;

#if defined(__AVX512F__)
    __mmask16 mask() const { return static_cast<__mmask16>((1u << count) - 1); }

    vec load(const float *src, float fill = 0) const { return _mm512_mask_loadu_ps(splat(fill), mask(), src); }
    void store(float *dst, vec x) const { _mm512_mask_storeu_ps(dst, mask(), x); }
    vec only(vec x) const { return _mm512_maskz_mov_ps(mask(), x); }
#elif defined(__AVX2__)
    ivec mask() const { return ivec{0, 1, 2, 3, 4, 5, 6, 7} < static_cast<int32_t>(count); }

    vec load(const float *src, float fill = 0) const {
        return mask() ? _mm256_maskload_ps(src, (__m256i)mask()) : splat(fill);
    }
    void store(float *dst, vec x) const { _mm256_maskstore_ps(dst, (__m256i)mask(), x); }
    vec only(vec x) const { return mask() ? x : vec{}; }
#else
    vec load(const float *src, float fill = 0) const {
        vec x = splat(fill);
        memcpy(&x, src, count * sizeof(float));
        return x;
    }
    void store(float *dst, vec x) const { memcpy(dst, &x, count * sizeof(float)); }
    vec only(vec x) const { return load(reinterpret_cast<const float *>(&x)); }
#endif
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
