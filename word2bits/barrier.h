/*
 * barrier.h - threads wait for each other, tens of thousands of times a second.
 *
 * OpenMP's own barrier spins for milliseconds: where more threads want to run
 * than there are processors, each of them burns its time slice while the one
 * waited for stands in line. Measured beside a dozen busy programs on two
 * processors, one epoch took 35 seconds of processor time that way and 5 this
 * way: spin for some ten microseconds, then let others run.
 */
#ifndef W2B_BARRIER_H
#define W2B_BARRIER_H

#include <sched.h>
#include <stdatomic.h>
#include <stdint.h>

#if defined(__x86_64__) || defined(__i386__)
#define w2b_pause() __builtin_ia32_pause()
#else
#define w2b_pause() ((void)0)
#endif

/* Between two looks at what is waited for; `looks` counts them. */
static inline void w2b_wait(unsigned *looks)
{
    if (++*looks < 500)
        w2b_pause();
    else
        sched_yield();
}

/* Zero but for `threads` at the start. */
typedef struct w2b_barrier {
    uint32_t threads;
    atomic_uint arrived;
    atomic_uint phase;
} w2b_barrier;

static inline void w2b_barrier_wait(w2b_barrier *barrier)
{
    const unsigned phase = atomic_load(&barrier->phase);
    if (atomic_fetch_add(&barrier->arrived, 1) + 1 == barrier->threads) {
        atomic_store(&barrier->arrived, 0);
        atomic_fetch_add(&barrier->phase, 1);
        return;
    }
    for (unsigned looks = 0; atomic_load(&barrier->phase) == phase;) w2b_wait(&looks);
}

#endif
