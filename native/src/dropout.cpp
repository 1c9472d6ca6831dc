// Dropout by Philox4x32-10: J. Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC11.
#include <math.h>

#include "kernels.h"
#include "vec.h"

namespace rondo::RONDO_ISA {

namespace {

constexpr int64_t kLanes = kWidth / 2;  // of a wide
constexpr int64_t kPerBlock = 4;        // words from one counter
constexpr int64_t kWords = 1024;        // made at a time

// Words 0 and 1 of each block, then 2 and 3, from the even lanes (odd == 0) or the odd ones.
template <int64_t odd>
wide interleave(wide first, wide second) {
#if defined(__AVX512F__)
    const __m512i a = (__m512i)first, b = (__m512i)second;
    return (wide)(odd ? _mm512_maskz_unpackhi_epi64(0xff, a, b) : _mm512_maskz_unpacklo_epi64(0xff, a, b));
#elif defined(__AVX2__)
    const __m256i a = (__m256i)first, b = (__m256i)second;
    return (wide)(odd ? _mm256_unpackhi_epi64(a, b) : _mm256_unpacklo_epi64(a, b));
#else
    wide result;
    for (int64_t i = 0; i < kLanes; i += 2) {
        result[i] = first[i + odd];
        result[i + 1] = second[i + odd];
    }
    return result;
#endif
}

// The words of kLanes blocks, from the one with the counter given on. Each lane holds a word of the state in its lower
// half; the upper half is not looked at. The first half of the blocks is in the even lanes, the other in the odd ones.
void philox(uint64_t counter, uint64_t key, uint32_t *words) {
    const wide m0 = wide{} + 0xD2511F53;
    const wide m1 = wide{} + 0xCD9E8D57;
    uint32_t k0 = static_cast<uint32_t>(key);
    uint32_t k1 = static_cast<uint32_t>(key >> 32);

    wide x0;
    for (int64_t i = 0; i < kLanes; i++) {
        x0[i] = counter + static_cast<uint64_t>(i / 2 + i % 2 * (kLanes / 2));
    }
    wide x1 = x0 >> 32;
    wide x2 = {};
    wide x3 = {};
    for (int round = 0; round < 10; round++) {
        const wide p0 = multiply_low(x0, m0);
        const wide p1 = multiply_low(x2, m1);
        x0 = (p1 >> 32) ^ x1 ^ static_cast<uint64_t>(k0);
        x1 = p1;
        x2 = (p0 >> 32) ^ x3 ^ static_cast<uint64_t>(k1);
        x3 = p0;
        k0 += 0x9E3779B9;
        k1 += 0xBB67AE85;
    }
    const wide low_half = wide{} + 0xffffffff;
    const wide first = (x0 & low_half) | (x1 << 32);
    const wide second = (x2 & low_half) | (x3 << 32);
    const wide halves[] = {interleave<0>(first, second), interleave<1>(first, second)};
    memcpy(words, halves, sizeof halves);
}

uvec load_words(const uint32_t *src) {
    uvec x;
    memcpy(&x, src, sizeof x);
    return x;
}

}  // namespace

void dropout(const float *src, float *dst, int64_t repeats, int64_t count, float p, uint64_t seed, uint64_t offset) {
    if (p >= 1) {
        memset(dst, 0, repeats * count * sizeof(float));
        return;
    }
    const float kept = 1 - p;
    const uint32_t threshold = static_cast<uint32_t>(ceil(p * 4294967296.0));
    uint32_t words[kWords + kLanes * kPerBlock + kWidth] = {};  // the last registers may reach further than the words

    for (int64_t begin = 0; begin < count; begin += kWords) {
        const int64_t length = count - begin < kWords ? count - begin : kWords;
        const uint64_t first = offset + static_cast<uint64_t>(begin);
        const int64_t skipped = static_cast<int64_t>(first % kPerBlock);
        for (int64_t i = 0; i < skipped + length; i += kLanes * kPerBlock) {
            philox((first + static_cast<uint64_t>(i)) / kPerBlock, seed, words + i);
        }
        for (int64_t repeat = 0; repeat < repeats; repeat++) {
            const int64_t row = repeat * count + begin;
            for_each_vec(length, [&](int64_t i, auto lanes) {
                const vec x = lanes.load(src + row + i) / kept;
                lanes.store(dst + row + i, load_words(words + skipped + i) >= threshold ? x : vec{});
            });
        }
    }
}

}  // namespace rondo::RONDO_ISA
