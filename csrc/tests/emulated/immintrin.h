// AVX-512 in plain C++, for CPUs without it: SIMDe's functions under Intel's names, and those that
// SIMDe 0.7.4 lacks. Compiled before the compiler's own header by the build of iiq_tests_emulated,
// which also turns [[gnu::target(...)]] into nothing, so that no instruction of AVX-512 is made.
#pragma once

#include <cmath>
#include <cstdint>
#include <cstring>

#define SIMDE_ENABLE_NATIVE_ALIASES
#include <simde/x86/avx512.h>
#include <simde/x86/fma.h>

using __mmask8 = simde__mmask8;
using __mmask16 = simde__mmask16;
using __mmask32 = simde__mmask32;

namespace emulated {

template <class T, class Register>
struct Lanes {
    static constexpr int n = sizeof(Register) / sizeof(T);
    T at[n];

    Lanes() = default;
    explicit Lanes(const Register& from) { std::memcpy(at, &from, sizeof(at)); }
    operator Register() const {
        Register to;
        std::memcpy(&to, at, sizeof(at));
        return to;
    }
};
template <class T>
using Lanes512 = Lanes<T, __m512i>;

// One result a lane, by a function of the lane's number.
template <class T, class Register, class F>
Register each(F lane) {
    Lanes<T, Register> out;
    for (int i = 0; i < out.n; ++i) out.at[i] = lane(i);
    return out;
}
template <class Mask, class F>
Mask mask_of(int n, F lane) {
    std::uint64_t bits = 0;
    for (int i = 0; i < n; ++i) bits |= std::uint64_t{lane(i)} << i;
    return static_cast<Mask>(bits);
}
template <class T, class F>
T reduce(__m512i x, F join) {
    const Lanes512<T> a(x);
    T all = a.at[0];
    for (int i = 1; i < a.n; ++i) all = join(all, a.at[i]);
    return all;
}

}  // namespace emulated

// -- comparisons and reductions
inline __mmask32 _mm512_cmplt_epu16_mask(__m512i x, __m512i y) {
    const emulated::Lanes512<std::uint16_t> a(x), b(y);
    return emulated::mask_of<__mmask32>(32, [&](int i) { return a.at[i] < b.at[i]; });
}
inline __mmask16 _mm512_cmplt_epi32_mask(__m512i x, __m512i y) {
    const emulated::Lanes512<std::int32_t> a(x), b(y);
    return emulated::mask_of<__mmask16>(16, [&](int i) { return a.at[i] < b.at[i]; });
}
inline std::int32_t _mm512_reduce_min_epi32(__m512i x) {
    return emulated::reduce<std::int32_t>(x, [](auto a, auto b) { return a < b ? a : b; });
}
inline std::int32_t _mm512_reduce_or_epi32(__m512i x) {
    return emulated::reduce<std::int32_t>(x, [](auto a, auto b) { return a | b; });
}
// Halves are added to one another, as the compilers do it.
inline double _mm512_reduce_add_pd(__m512d x) {
    emulated::Lanes<double, __m512d> a(x);
    for (int half = 4; half; half /= 2)
        for (int i = 0; i < half; ++i) a.at[i] += a.at[i + half];
    return a.at[0];
}
inline float _mm512_reduce_add_ps(__m512 x) {
    emulated::Lanes<float, __m512> a(x);
    for (int half = 8; half; half /= 2)
        for (int i = 0; i < half; ++i) a.at[i] += a.at[i + half];
    return a.at[0];
}

// -- conversions
inline __m512i _mm512_cvtepi16_epi32(__m256i x) {
    const emulated::Lanes<std::int16_t, __m256i> a(x);
    return emulated::each<std::int32_t, __m512i>([&](int i) { return a.at[i]; });
}
inline __m512i _mm512_cvtepi8_epi32(__m128i x) {
    const emulated::Lanes<std::int8_t, __m128i> a(x);
    return emulated::each<std::int32_t, __m512i>([&](int i) { return a.at[i]; });
}
inline __m512i _mm512_cvtepu16_epi32(__m256i x) {
    const emulated::Lanes<std::uint16_t, __m256i> a(x);
    return emulated::each<std::int32_t, __m512i>([&](int i) { return a.at[i]; });
}
inline __m256i _mm512_cvtepi32_epi16(__m512i x) {
    const emulated::Lanes512<std::int32_t> a(x);
    return emulated::each<std::int16_t, __m256i>(
        [&](int i) { return static_cast<std::int16_t>(a.at[i]); });
}
inline __m512d _mm512_cvtps_pd(__m256 x) {
    const emulated::Lanes<float, __m256> a(x);
    return emulated::each<double, __m512d>([&](int i) { return a.at[i]; });
}
inline __m256 _mm512_cvtpd_ps(__m512d x) {
    const emulated::Lanes<double, __m512d> a(x);
    return emulated::each<float, __m256>([&](int i) { return static_cast<float>(a.at[i]); });
}

// -- memory; lanes that the mask leaves out are not touched, as a sanitizer will see
inline __m512i _mm512_maskz_loadu_epi32(__mmask16 mask, const void* from) {
    const auto* bytes = static_cast<const unsigned char*>(from);
    return emulated::each<std::int32_t, __m512i>([&](int i) {
        std::int32_t value = 0;
        if (mask >> i & 1) std::memcpy(&value, bytes + 4 * i, 4);
        return value;
    });
}
inline __m512d _mm512_maskz_loadu_pd(__mmask8 mask, const void* from) {
    const auto* numbers = static_cast<const double*>(from);
    return emulated::each<double, __m512d>([&](int i) { return mask >> i & 1 ? numbers[i] : 0.0; });
}
inline __m256 _mm256_maskz_loadu_ps(__mmask8 mask, const void* from) {
    const auto* numbers = static_cast<const float*>(from);
    return emulated::each<float, __m256>([&](int i) { return mask >> i & 1 ? numbers[i] : 0.0f; });
}
inline void _mm256_mask_storeu_ps(void* to, __mmask8 mask, __m256 x) {
    const emulated::Lanes<float, __m256> a(x);
    for (int i = 0; i < 8; ++i)
        if (mask >> i & 1) static_cast<float*>(to)[i] = a.at[i];
}
template <int scale>
__m512i gathered(__m512i index, const void* base) {
    const emulated::Lanes512<std::int32_t> at(index);
    return emulated::each<std::int32_t, __m512i>([&](int i) {
        std::int32_t value;
        std::memcpy(&value,
                    static_cast<const unsigned char*>(base) + scale * std::int64_t{at.at[i]}, 4);
        return value;
    });
}
#define _mm512_i32gather_epi32(index, base, scale) gathered<scale>(index, base)

// -- the high half of a product
inline __m512i _mm512_mulhi_epu16(__m512i x, __m512i y) {
    const emulated::Lanes512<std::uint16_t> a(x), b(y);
    return emulated::each<std::uint16_t, __m512i>(
        [&](int i) { return static_cast<std::uint16_t>(std::uint32_t{a.at[i]} * b.at[i] >> 16); });
}

// -- one rounding, as the instruction has: SIMDe rounds the product, too
#undef _mm512_fmadd_ps
#undef _mm512_fmadd_pd
inline __m512 _mm512_fmadd_ps(__m512 x, __m512 y, __m512 z) {
    const emulated::Lanes<float, __m512> a(x), b(y), c(z);
    return emulated::each<float, __m512>(
        [&](int i) { return std::fma(a.at[i], b.at[i], c.at[i]); });
}
inline __m512d _mm512_fmadd_pd(__m512d x, __m512d y, __m512d z) {
    const emulated::Lanes<double, __m512d> a(x), b(y), c(z);
    return emulated::each<double, __m512d>(
        [&](int i) { return std::fma(a.at[i], b.at[i], c.at[i]); });
}

// -- whole numbers
inline unsigned _tzcnt_u32(unsigned x) { return x ? static_cast<unsigned>(__builtin_ctz(x)) : 32; }
