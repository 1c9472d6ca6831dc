#include <string>

#include "check.h"
#include "rondo_kernels.h"

// What the library should have chosen under the cap of this run.
static std::string expected() {
    const char *const variable = std::getenv("RONDO_MAX_CPU_ISA");
    const std::string cap = variable ? variable : "";
#ifdef __x86_64__
    const bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
        __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") && avx2 && cap != "AVX2" &&
        cap != "GENERIC") {
        return "avx512";
    }
    if (avx2 && cap != "GENERIC") {
        return "avx2";
    }
#endif
    return "generic";
}

void test::isa() {
    std::printf("%s\n", rondo_isa());
    CHECK(rondo_isa() == expected(), "%s instead of %s", rondo_isa(), expected().c_str());
    CHECK(rondo_abi_version() == RONDO_ABI_VERSION, "%d", rondo_abi_version());
}
