// Where the threads of one call meet. They run at the same time and are never far apart, so they spin; a thread whose
// processor is taken away costs the others no more than they would have waited anyway.
#pragma once

#include <sched.h>
#include <stdint.h>

namespace rondo {

// state: how many have arrived, and how often all have
inline void meet(uint32_t *state, uint32_t parts) {
    constexpr int kSpins = 4096;
    if (parts == 1) {
        return;
    }
    const uint32_t round = __atomic_load_n(state + 1, __ATOMIC_ACQUIRE);
    if (__atomic_add_fetch(state, 1, __ATOMIC_ACQ_REL) == parts) {
        __atomic_store_n(state, 0, __ATOMIC_RELAXED);
        __atomic_store_n(state + 1, round + 1, __ATOMIC_RELEASE);
        return;
    }
    for (int spins = 0; __atomic_load_n(state + 1, __ATOMIC_ACQUIRE) == round; spins++) {
#ifdef __x86_64__
        __builtin_ia32_pause();
#endif
        if (spins >= kSpins) {
            sched_yield();
        }
    }
}

}  // namespace rondo
