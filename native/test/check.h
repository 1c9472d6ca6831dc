// The little a test needs: failures that say where and with which seed, random floats, and buffers that end at a page
// which cannot be touched, so that reading or writing one element too far ends the program.
#pragma once

#include <sys/mman.h>
#include <unistd.h>

#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <random>

namespace test {

inline int failures = 0;
inline uint32_t seed = 1;
inline std::mt19937 generator;

inline float uniform(float low, float high) { return std::uniform_real_distribution<float>(low, high)(generator); }

// Reports the first failures of a run, counts all.
#define CHECK(condition, ...)                                                                    \
    do {                                                                                         \
        if (!(condition) && ++test::failures <= 20) {                                            \
            std::printf("%s:%d: %s, seed %u: ", __FILE__, __LINE__, #condition, test::seed);     \
            std::printf(__VA_ARGS__);                                                            \
            std::printf("\n");                                                                   \
        }                                                                                        \
    } while (false)

template <class T>
class Guarded {
public:
    explicit Guarded(int64_t size) : count(size) {
        const size_t page = static_cast<size_t>(sysconf(_SC_PAGESIZE));
        const size_t bytes = count * sizeof(T);
        const size_t usable = (bytes + page - 1) / page * page;
        length = usable + page;
        base = static_cast<char *>(mmap(nullptr, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
        if (base == MAP_FAILED || mprotect(base + usable, page, PROT_NONE) != 0) {
            std::perror("guard page");
            std::exit(2);
        }
        data = reinterpret_cast<T *>(base + usable - bytes);
        for (int64_t i = 0; i < count; i++) {
            std::memcpy(data + i, untouched, sizeof(T));
        }
    }
    ~Guarded() { munmap(base, length); }
    Guarded(const Guarded &) = delete;
    Guarded &operator=(const Guarded &) = delete;

    T &operator[](int64_t i) { return data[i]; }
    bool is_untouched(int64_t i) const { return std::memcmp(data + i, untouched, sizeof(T)) == 0; }

    T *data;
    const int64_t count;

private:
    // As floats these are NaN, so that using what was never written shows as well.
    static constexpr unsigned char untouched[] = {0xef, 0xbe, 0xcf, 0x7f, 0xef, 0xbe, 0xcf, 0x7f};
    char *base;
    size_t length;
};

// Random numbers in [-scale, scale].
inline void fill(Guarded<float> &buffer, float scale) {
    for (int64_t i = 0; i < buffer.count; i++) {
        buffer[i] = uniform(-scale, scale);
    }
}

inline void copy(const Guarded<float> &src, Guarded<float> &dst) {
    std::memcpy(dst.data, src.data, dst.count * sizeof(float));
}

// NaN for NaN, infinities exactly, and everything else within the tolerance.
inline bool near(double actual, double expected, double tolerance) {
    return std::isfinite(expected) ? std::fabs(actual - expected) <= tolerance
                                   : actual == expected || (std::isnan(actual) && std::isnan(expected));
}

void isa();
void embedding();
void embedding_backward();
void softmax();
void softmax_backward();
void cross_entropy();
void cross_entropy_edges();
void ctc();
void losses();
void optimizers();
void reductions();
void column_sums();
void dropout();
void recurrent();
void activations();
void recurrent_steps();
void linear();
void cells();
void trees();

}  // namespace test
