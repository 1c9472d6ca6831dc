#include <array>
#include <initializer_list>
#include <limits>

#include "check.h"
#include "rondo_kernels.h"

namespace {

using Words = std::array<uint32_t, 4>;

Words philox(Words counter, uint32_t k0, uint32_t k1) {
    for (int round = 0; round < 10; round++) {
        const uint64_t p0 = uint64_t(0xD2511F53) * counter[0];
        const uint64_t p1 = uint64_t(0xCD9E8D57) * counter[2];
        counter = {uint32_t(p1 >> 32) ^ counter[1] ^ k0, uint32_t(p1), uint32_t(p0 >> 32) ^ counter[3] ^ k1,
                   uint32_t(p0)};
        k0 += 0x9E3779B9;
        k1 += 0xBB67AE85;
    }
    return counter;
}

bool kept(uint64_t n, uint64_t seed, float p) {
    const Words words = philox({uint32_t(n / 4), uint32_t(n / 4 >> 32), 0, 0}, uint32_t(seed), uint32_t(seed >> 32));
    return words[n % 4] >= static_cast<double>(p) * 4294967296.0;
}

void check(int64_t repeats, int64_t count, float p, uint64_t seed, uint64_t offset, bool in_place) {
    test::Guarded<float> src(repeats * count), dst(repeats * count);
    test::fill(src, 3);
    test::copy(src, dst);
    rondo_dropout_f32(in_place ? dst.data : src.data, dst.data, repeats, count, p, seed, offset);
    for (int64_t i = 0; i < dst.count; i++) {
        const float expected = kept(offset + uint64_t(i % count), seed, p) ? src[i] / (1 - p) : 0;
        CHECK(std::memcmp(&dst[i], &expected, sizeof expected) == 0, "count %d, element %d, p %g: %.9g, not %.9g",
              int(count), int(i), double(p), double(dst[i]), double(expected));
    }
}

// The answers known for Philox4x32-10, from the authors' Random123, kat_vectors.
void known_answers() {
    const Words zeros = {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8};
    CHECK(philox({0, 0, 0, 0}, 0, 0) == zeros, "zeros");
    const Words ones = {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd};
    CHECK(philox({~0u, ~0u, ~0u, ~0u}, ~0u, ~0u) == ones, "ones");
    const Words pi = {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1};
    CHECK(philox({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, 0xa4093822, 0x299f31d0) == pi, "pi");

    // A probability that holds the first 24 bits of a word keeps its element, the next one does not.
    for (int64_t i = 0; i < 4; i++) {
        for (const uint32_t more : {0u, 1u}) {
            const float p = std::ldexp(static_cast<float>((zeros[i] >> 8) + more), -24);
            test::Guarded<float> x(4);
            x[0] = x[1] = x[2] = x[3] = 1;
            rondo_dropout_f32(x.data, x.data, 1, 4, p, 0, 0);
            CHECK((x[i] != 0) == (more == 0), "word %d", int(i));
        }
    }
}

void extremes() {
    constexpr int64_t kCount = 40;
    test::Guarded<float> src(kCount), dst(kCount);
    for (int64_t i = 0; i < kCount; i++) {
        src[i] = i % 2 ? std::numeric_limits<float>::quiet_NaN() : std::numeric_limits<float>::infinity();
    }
    rondo_dropout_f32(src.data, dst.data, 2, kCount / 2, 1, 1, 0);
    for (int64_t i = 0; i < kCount; i++) {
        CHECK(dst[i] == 0 && !std::signbit(dst[i]), "element %d: %g", int(i), double(dst[i]));
    }
    rondo_dropout_f32(src.data, dst.data, 1, kCount, 0.5f, 1, 0);
    for (int64_t i = 0; i < kCount; i++) {
        CHECK(test::near(dst[i], kept(uint64_t(i), 1, 0.5f) ? src[i] : 0, 0), "element %d: %g", int(i),
              double(dst[i]));
    }
}

void rate(float p) {
    constexpr int64_t kCount = 1000000;
    test::Guarded<float> x(kCount);
    for (int64_t i = 0; i < kCount; i++) {
        x[i] = 1;
    }
    rondo_dropout_f32(x.data, x.data, 1, kCount, p, test::generator(), 0);
    int64_t total = 0;
    for (int64_t i = 0; i < kCount; i++) {
        total += x[i] != 0;
    }
    const double deviation = (double(total) - kCount * (1 - double(p))) / std::sqrt(kCount * p * (1 - double(p)));
    CHECK(std::fabs(deviation) < 5, "p %g: %g standard deviations", double(p), deviation);
}

}  // namespace

void test::dropout() {
    known_answers();
    for (int64_t count = 0; count <= 70; count++) {
        for (const uint64_t offset : {uint64_t(0), uint64_t(1), uint64_t(2), uint64_t(3), (uint64_t(5) << 34) - 6,
                                      uint64_t(0) - 100}) {
            for (const float p : {0.0f, 1e-9f, 0.3f, 1 - std::ldexp(1.0f, -24), 1.0f}) {
                check(1, count, p, 0x0123456789abcdef, offset, false);
                check(3, count, p, ~uint64_t(0), offset, true);
            }
        }
    }
    for (const int64_t count : {1000, 1023, 1024, 1025, 5000}) {
        for (uint64_t offset = 0; offset < 5; offset++) {
            check(2, count, 0.3f, 42, offset, offset % 2 == 0);
        }
    }
    check(0, 5, 0.3f, 42, 0, false);
    extremes();
    rate(0.1f);
    rate(0.5f);
}
