// Element-wise functions on registers. All propagate NaN and reach their limits exactly.
#pragma once

#include "vec.h"

namespace rondo::RONDO_ISA {

// 2^n for n in [-126, 127].
inline vec power_of_two(ivec n) { return (vec)((n + 127) << 23); }

// x = n ln(2) + r with |r| <= ln(2) / 2, for x from -104 to 89.
struct Reduced {
    vec r;
    ivec n;

    explicit Reduced(vec x) {
        constexpr float kLog2E = 1.44269504f;
        constexpr float kLn2High = 0.693359375f;  // few enough bits that n * kLn2High is exact
        constexpr float kLn2Low = -2.12194440e-4f;
        constexpr float kRound = 12582912.0f;  // 1.5 * 2^23: adding it leaves the nearest integer in the low bits
        const vec shifted = x * kLog2E + kRound;
        const vec rounded = shifted - kRound;
        r = x - rounded * kLn2High - rounded * kLn2Low;
        n = (ivec)shifted - (ivec)splat(kRound);
    }
};

// Relative error below 2e-7; rounds through the subnormal numbers to 0, and to +inf.
inline vec exp(vec x) {
    x = x < -104.0f ? splat(-104.0f) : x;
    x = x > 89.0f ? splat(89.0f) : x;
    const auto [r, n] = Reduced(x);

    vec p = splat(1.9875691500e-4f);
    p = p * r + 1.3981999507e-3f;
    p = p * r + 8.3334519073e-3f;
    p = p * r + 4.1665795894e-2f;
    p = p * r + 1.6666665459e-1f;
    p = p * r + 5.0000001201e-1f;
    p = p * (r * r) + r + 1.0f;

    // Two factors: n reaches from -150 to 128, further than the exponent of one float.
    const ivec half = n >> 1;
    return p * power_of_two(half) * power_of_two(n - half);
}

// exp(x) for x <= 0, with a relative error below 2e-7; 0 below -87. For terms of a sum with 1 in it.
inline vec exp_of_negative(vec x) {
    const auto [r, n] = Reduced(x);

    // In pairs, so that a register waits for less than in exp().
    const vec square = r * r;
    const vec low = 1.6666665459e-1f * r + 5.0000001201e-1f;
    const vec middle = 8.3334519073e-3f * r + 4.1665795894e-2f;
    const vec high = 1.9875691500e-4f * r + 1.3981999507e-3f;
    const vec p = (high * square + middle) * square + low;
    const vec e = (p * square + r + 1.0f) * power_of_two(n);
    return x < -87.0f ? vec{} : e;
}

// Relative error below 2e-7; -inf at 0, NaN below.
inline vec log(vec x) {
    constexpr float kLn2High = 0.693359375f;
    constexpr float kLn2Low = -2.12194440e-4f;
    constexpr int32_t kSqrtHalf = 0x3f3504f3;  // as a float, sqrt(1/2)

    const ivec subnormal = x < 1.17549435e-38f;
    const vec normal = subnormal ? x * 8388608.0f : x;

    // x = m * 2^n with m in [sqrt(1/2), sqrt(2))
    const ivec distance = (ivec)normal - kSqrtHalf;
    const vec r = (vec)((ivec)normal - (distance & ~0x7fffff)) - 1.0f;  // m - 1
    const vec n = __builtin_convertvector((distance >> 23) - (subnormal & 23), vec);

    vec p = splat(7.0376836292e-2f);
    p = p * r - 1.1514610310e-1f;
    p = p * r + 1.1676998740e-1f;
    p = p * r - 1.2420140846e-1f;
    p = p * r + 1.4249322787e-1f;
    p = p * r - 1.6668057665e-1f;
    p = p * r + 2.0000714765e-1f;
    p = p * r - 2.4999993993e-1f;
    p = p * r + 3.3333331174e-1f;
    const vec square = r * r;
    const vec finite = n * kLn2High + (r + (p * r * square + n * kLn2Low - 0.5f * square));

    const vec special = x == 0.0f ? splat(-__builtin_inff()) : splat(__builtin_nanf(""));
    return x > 0.0f ? (x == __builtin_inff() ? x : finite) : special;
}

// log(1 + x) for x in [-1, 1], with a small relative error also near 0; NaN below -1.
inline vec log1p(vec x) {
    const vec shifted = 1.0f + x;
    const vec rounding = shifted - 1.0f - x;
    return log(shifted) - (shifted > 0.0f ? rounding / shifted : vec{});
}

inline vec sigmoid(vec x) { return 1.0f / (1.0f + exp(-x)); }

inline vec relu(vec x) { return x > 0.0f ? x : (x <= 0.0f ? vec{} : x); }  // NaN stays

inline vec tanh(vec x) { return 1.0f - 2.0f / (1.0f + exp(x + x)); }

}  // namespace rondo::RONDO_ISA
