/*
 * isa.c - which instruction sets this CPU has, and their names.
 *
 * A feature counts only if the operating system saves its registers as well
 * (XCR0): a CPU that reports AVX-512 under a system that does not would fault
 * or, worse, lose half of a register at a task switch.
 */
#include "quant/scan.h"

#if defined(__x86_64__)

#include <cpuid.h>

#define BIT(n) (UINT32_C(1) << (n))

/* Leaf 1, ECX: FMA, POPCNT, OSXSAVE, AVX, F16C. */
#define LEAF1_ECX (BIT(12) | BIT(23) | BIT(27) | BIT(28) | BIT(29))
/* Leaf 7, EBX: AVX2, BMI2. */
#define LEAF7_EBX (BIT(5) | BIT(8))
/* Leaf 7, EBX: AVX-512 F, DQ, BW, VL; ECX: VBMI, VNNI, BITALG, VPOPCNTDQ. */
#define LEAF7_EBX_512 (BIT(16) | BIT(17) | BIT(30) | BIT(31))
#define LEAF7_ECX_512 (BIT(1) | BIT(11) | BIT(12) | BIT(14))
/* XCR0: XMM and YMM; mask registers, upper halves of ZMM 0-15, ZMM 16-31. */
#define XCR0_YMM (BIT(1) | BIT(2))
#define XCR0_ZMM (BIT(5) | BIT(6) | BIT(7))

static int has(uint32_t set, uint32_t wanted)
{
    return (set & wanted) == wanted;
}

/* By the bare instruction: the intrinsic would need -mxsave for the file. */
static uint32_t read_xcr0(void)
{
    uint32_t low, high;
    __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    return low;
}

static int cpu_has(w2b_isa isa)
{
    uint32_t eax, ebx, ecx, edx;
    if (!__get_cpuid(1, &eax, &ebx, &ecx, &edx) || !has(ecx, LEAF1_ECX))
        return 0;
    const uint32_t xcr0 = read_xcr0();
    if (!has(xcr0, XCR0_YMM) || !__get_cpuid_count(7, 0, &eax, &ebx, &ecx, &edx) ||
        !has(ebx, LEAF7_EBX))
        return 0;
    if (isa == W2B_ISA_AVX2)
        return 1;
    return has(xcr0, XCR0_ZMM) && has(ebx, LEAF7_EBX_512) && has(ecx, LEAF7_ECX_512);
}

#else

static int cpu_has(w2b_isa isa)
{
    (void)isa;
    return 0;
}

#endif

int w2b_isa_present(w2b_isa isa)
{
    switch (isa) {
    case W2B_ISA_AUTO:
    case W2B_ISA_SCALAR:
        return 1;
    case W2B_ISA_AVX2:
    case W2B_ISA_AVX512:
        return cpu_has(isa);
    }
    return 0;
}

w2b_isa w2b_isa_best(void)
{
    return w2b_scan_for(W2B_ISA_AUTO)->isa;
}

const char *w2b_isa_name(w2b_isa isa)
{
    switch (isa) {
    case W2B_ISA_AUTO: return "auto";
    case W2B_ISA_SCALAR: return "scalar";
    case W2B_ISA_AVX2: return "avx2";
    case W2B_ISA_AVX512: return "avx512";
    }
    return NULL;
}
