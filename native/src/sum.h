// Sums in double precision of terms in single precision.
#pragma once

#include "vec.h"

namespace rondo::RONDO_ISA {

// Half a register of floats, and as doubles.
typedef float half __attribute__((vector_size(kWidth / 2 * sizeof(float))));
typedef double dvec __attribute__((vector_size(kWidth / 2 * sizeof(double))));

// The first half of x with which = 0, the second with 1. GCC 12 takes five instructions for a convertvector.
inline dvec doubles(vec x, int64_t which) {
    half part;
    memcpy(&part, reinterpret_cast<const char *>(&x) + which * sizeof part, sizeof part);
#if defined(__AVX512F__)
    return _mm512_maskz_cvtps_pd(0xff, part);
#elif defined(__AVX2__)
    return _mm256_cvtps_pd(part);
#else
    return __builtin_convertvector(part, dvec);
#endif
}

// The order is fixed: each lane on its own, then the lanes one after the other.
struct Sum {
    dvec low = {};
    dvec high = {};

    void add(vec x) {
        low += doubles(x, 0);
        high += doubles(x, 1);
    }

    // Adds x * x without rounding the product to single precision.
    void add_square(vec x) {
        low += doubles(x, 0) * doubles(x, 0);
        high += doubles(x, 1) * doubles(x, 1);
    }

    // The sum of each lane.
    vec lanes() const {
        const half parts[] = {__builtin_convertvector(low, half), __builtin_convertvector(high, half)};
        vec result;
        memcpy(&result, parts, sizeof result);
        return result;
    }

    double total() const {
        double result = 0;
        for (int64_t i = 0; i < kWidth / 2; i++) {
            result += low[i];
        }
        for (int64_t i = 0; i < kWidth / 2; i++) {
            result += high[i];
        }
        return result;
    }
};

}  // namespace rondo::RONDO_ISA
