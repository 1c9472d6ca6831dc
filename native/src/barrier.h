// Where the threads of one call meet. They run at the same time and are seldom far apart, so they spin for a while; a
// thread whose partner has lost its processor to somebody else goes to sleep, which may be what gives it back.
#pragma once

#include <limits.h>
#include <stdint.h>

#ifdef __linux__
#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>
#else
#include <sched.h>
#endif

namespace rondo {

struct Barrier {
    uint32_t arrived;
    uint32_t round;  // how often all have arrived
    uint32_t asleep;

    void sleep_while(uint32_t current) {
#ifdef __linux__
        __atomic_add_fetch(&asleep, 1, __ATOMIC_SEQ_CST);
        syscall(SYS_futex, &round, FUTEX_WAIT_PRIVATE, current, nullptr, nullptr, 0);
        __atomic_sub_fetch(&asleep, 1, __ATOMIC_SEQ_CST);
#else
        (void)current;
        sched_yield();
#endif
    }

    void wake() {
#ifdef __linux__
        if (__atomic_load_n(&asleep, __ATOMIC_SEQ_CST) != 0) {
            syscall(SYS_futex, &round, FUTEX_WAKE_PRIVATE, INT_MAX, nullptr, nullptr, 0);
        }
#endif
    }
};

inline void meet(uint32_t *memory, uint32_t parts) {
    constexpr int kSpins = 2048;
    if (parts == 1) {
        return;
    }
    Barrier &barrier = *reinterpret_cast<Barrier *>(memory);
    const uint32_t round = __atomic_load_n(&barrier.round, __ATOMIC_ACQUIRE);
    if (__atomic_add_fetch(&barrier.arrived, 1, __ATOMIC_ACQ_REL) == parts) {
        __atomic_store_n(&barrier.arrived, 0, __ATOMIC_RELAXED);
        __atomic_store_n(&barrier.round, round + 1, __ATOMIC_SEQ_CST);
        barrier.wake();
        return;
    }
    for (int spins = 0; __atomic_load_n(&barrier.round, __ATOMIC_SEQ_CST) == round; spins++) {
        if (spins < kSpins) {
#ifdef __x86_64__
            __builtin_ia32_pause();
#endif
        } else {
            barrier.sleep_while(round);
        }
    }
}

}  // namespace rondo
