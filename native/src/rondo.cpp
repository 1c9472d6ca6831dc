// The C interface: forwards to the kernels of the instruction set chosen when the library is loaded.
#include <cstdlib>
#include <cstring>

#include "kernels.h"

namespace {

using rondo::Kernels;

enum class Isa { kGeneric, kAvx2, kAvx512 };

Isa cap_of(const char *name) {
    if (name != nullptr && std::strcmp(name, "GENERIC") == 0) {
        return Isa::kGeneric;
    }
    if (name != nullptr && std::strcmp(name, "AVX2") == 0) {
        return Isa::kAvx2;
    }
    return Isa::kAvx512;
}

const Kernels &choose([[maybe_unused]] Isa cap) {
#ifdef __x86_64__
    __builtin_cpu_init();  // the loader may run this before the compiler's own initialisation
    const bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    const bool avx512 = avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                        __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
    if (avx512 && cap >= Isa::kAvx512) {
        return rondo::avx512::kernels;
    }
    if (avx2 && cap >= Isa::kAvx2) {
        return rondo::avx2::kernels;
    }
#endif
    return rondo::generic::kernels;
}

const Kernels &kernels = choose(cap_of(std::getenv("RONDO_MAX_CPU_ISA")));

}  // namespace

int32_t rondo_abi_version(void) { return RONDO_ABI_VERSION; }

const char *rondo_isa(void) { return kernels.isa; }

int64_t rondo_embedding_f32(const float *table, int64_t rows, int64_t width, const int64_t *ids, int64_t count,
                            float *dst) {
    for (int64_t i = 0; i < count; i++) {
        if (ids[i] < 0 || ids[i] >= rows) {
            return i;
        }
    }
    for (int64_t i = 0; i < count; i++) {
        std::memcpy(dst + i * width, table + ids[i] * width, width * sizeof(float));
    }
    return -1;
}

void rondo_softmax_f32(const float *src, float *dst, int64_t rows, int64_t width, int32_t logarithmic) {
    kernels.softmax(src, dst, rows, width, logarithmic != 0);
}

void rondo_gru_f32(const rondo_gru *gru) { kernels.gru(*gru); }

int64_t rondo_gru_scratch_size(int64_t batch, int64_t hidden) { return kernels.gru_scratch_size(batch, hidden); }

int64_t rondo_gru_packed_size(int64_t hidden) { return kernels.gru_packed_size(hidden); }

void rondo_gru_pack_f32(const float *weights, int64_t hidden, float *packed) {
    kernels.gru_pack(weights, hidden, packed);
}
