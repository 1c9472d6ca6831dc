// Element-wise functions on registers. All propagate NaN and reach their limits exactly.
#pragma once

#include "vec.h"

namespace rondo::RONDO_ISA {

// 2^n for n in [-126, 127].
inline vec power_of_two(ivec n) { return (vec)((n + 127) << 23); }

// Relative error below 2e-7; rounds through the subnormal numbers to 0, and to +inf.
inline vec exp(vec x) {
    constexpr float kLog2E = 1.44269504f;
    constexpr float kLn2High = 0.693359375f;  // few enough bits that n * kLn2High is exact
    constexpr float kLn2Low = -2.12194440e-4f;
    constexpr float kRound = 12582912.0f;  // 1.5 * 2^23: adding it leaves the nearest integer in the low bits

    x = x < -104.0f ? splat(-104.0f) : x;
    x = x > 89.0f ? splat(89.0f) : x;

    const vec shifted = x * kLog2E + kRound;
    const vec rounded = shifted - kRound;
    const vec r = x - rounded * kLn2High - rounded * kLn2Low;  // |r| <= ln(2) / 2

    vec p = splat(1.9875691500e-4f);
    p = p * r + 1.3981999507e-3f;
    p = p * r + 8.3334519073e-3f;
    p = p * r + 4.1665795894e-2f;
    p = p * r + 1.6666665459e-1f;
    p = p * r + 5.0000001201e-1f;
    p = p * (r * r) + r + 1.0f;

    // Two factors: n reaches from -150 to 128, further than the exponent of one float.
    const ivec n = (ivec)shifted - (ivec)splat(kRound);
    const ivec half = n >> 1;
    return p * power_of_two(half) * power_of_two(n - half);
}

inline vec sigmoid(vec x) { return 1.0f / (1.0f + exp(-x)); }

inline vec tanh(vec x) { return 1.0f - 2.0f / (1.0f + exp(x + x)); }

}  // namespace rondo::RONDO_ISA
