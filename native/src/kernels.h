// What every instruction set offers: softmax.cpp, gru.cpp and kernels.cpp are compiled once for each, with RONDO_ISA
// naming the namespace. Such files must not use templates or inline functions of the standard library: the linker
// keeps one copy of those, and that copy could hold instructions the processor does not have.
#pragma once

#include "rondo_kernels.h"

namespace rondo {

struct Kernels {
    const char *isa;
    void (*softmax)(const float *src, float *dst, int64_t rows, int64_t width, bool logarithmic);
    void (*gru)(const rondo_gru &gru);
    int64_t (*gru_scratch_size)(int64_t batch, int64_t hidden);
    int64_t (*gru_packed_size)(int64_t hidden);
    void (*gru_pack)(const float *weights, int64_t hidden, float *packed);
};

namespace generic {
extern const Kernels kernels;
}

#ifdef __x86_64__
namespace avx2 {
extern const Kernels kernels;
}
namespace avx512 {
extern const Kernels kernels;
}
#endif

#ifdef RONDO_ISA
namespace RONDO_ISA {
void softmax(const float *src, float *dst, int64_t rows, int64_t width, bool logarithmic);
void gru(const rondo_gru &gru);
int64_t gru_scratch_size(int64_t batch, int64_t hidden);
int64_t gru_packed_size(int64_t hidden);
void gru_pack(const float *weights, int64_t hidden, float *packed);
}  // namespace RONDO_ISA
#endif

}  // namespace rondo
