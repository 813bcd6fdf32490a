// By CPUID and XCR0: what the CPU has and the operating system saves.
#include "kernels/detect.h"

#if defined(__x86_64__) || defined(_M_X64)
#define IIQ_X86 1
#if defined(_MSC_VER)
#include <intrin.h>
#else
#include <cpuid.h>
#endif
#if defined(__linux__)
#include <sys/syscall.h>
#include <unistd.h>

#include "kernels/tiles.h"
#include "kernels/tiles_check.h"
#endif
#endif

namespace iiq {

#if IIQ_X86
namespace {

struct Registers {
    unsigned eax = 0, ebx = 0, ecx = 0, edx = 0;
};

Registers cpuid(unsigned leaf, unsigned subleaf) {
    Registers r;
#if defined(_MSC_VER)
    int out[4];
    __cpuidex(out, static_cast<int>(leaf), static_cast<int>(subleaf));
    r = {unsigned(out[0]), unsigned(out[1]), unsigned(out[2]), unsigned(out[3])};
#else
    if (!__get_cpuid_count(leaf, subleaf, &r.eax, &r.ebx, &r.ecx, &r.edx)) r = {};
#endif
    return r;
}

// The register states that the operating system saves (XCR0); 0 where it uses no XSAVE.
unsigned long long saved_states() {
    const bool osxsave = cpuid(1, 0).ecx >> 27 & 1;
    if (!osxsave) return 0;
#if defined(_MSC_VER)
    return _xgetbv(0);
#else
    unsigned low = 0, high = 0;
    __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    return (static_cast<unsigned long long>(high) << 32) | low;
#endif
}

constexpr bool has(unsigned word, int bit) { return word >> bit & 1; }

bool detect_avx2() {
    const bool fma = has(cpuid(1, 0).ecx, 12), popcnt = has(cpuid(1, 0).ecx, 23);
    const Registers leaf7 = cpuid(7, 0);
    const bool avx2 = has(leaf7.ebx, 5), bmi1 = has(leaf7.ebx, 3), bmi2 = has(leaf7.ebx, 8);
    return avx2 && fma && popcnt && bmi1 && bmi2 && (saved_states() & 0x6) == 0x6;
}

bool detect_avx512() {
    const Registers leaf7 = cpuid(7, 0);
    const bool f = has(leaf7.ebx, 16), dq = has(leaf7.ebx, 17), bw = has(leaf7.ebx, 30),
               vl = has(leaf7.ebx, 31);
    const bool vbmi = has(leaf7.ecx, 1), vnni = has(leaf7.ecx, 11), bitalg = has(leaf7.ecx, 12),
               vpopcntdq = has(leaf7.ecx, 14);
    return detect_avx2() && f && dq && bw && vl && vbmi && vnni && bitalg && vpopcntdq &&
           (saved_states() & 0xe6) == 0xe6;
}

// Tiles need the CPU, the saved state and, on Linux, a permission that the process asks for; they
// are offered only after one product of each kind has come out right.
bool detect_amx() {
    const unsigned edx = cpuid(7, 0).edx;
    const bool tile = has(edx, 24), int8 = has(edx, 25);
    if (!detect_avx512() || !tile || !int8 || (saved_states() & 0x60000) != 0x60000) return false;
#if defined(__linux__)
    constexpr long kArchReqXcompPerm = 0x1023, kTileData = 18;
    return syscall(SYS_arch_prctl, kArchReqXcompPerm, kTileData) == 0 &&
           tile_products_are_right<Tiles>();
#else
    return false;
#endif
}

}  // namespace
#endif  // IIQ_X86

bool detect(Isa isa) {
    switch (isa) {
        case Isa::scalar:
            return true;
#if IIQ_X86
        case Isa::avx2:
            return detect_avx2();
        case Isa::avx512:
            return detect_avx512();
        case Isa::amx:
            return detect_amx();
#endif
#if defined(__aarch64__) || defined(_M_ARM64)
        case Isa::neon:
            return true;
#endif
        default:
            return false;
    }
}

}  // namespace iiq
