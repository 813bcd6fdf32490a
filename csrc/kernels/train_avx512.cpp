// AVX-512 F, BW, DQ, VL and VNNI. Float tiles hold 12 x 32 sums in 24 registers; integer tiles the
// same, four products a lane (vpdpbusd: unsigned bytes of z, broadcast, times signed bytes of the
// rotation).
#include "kernels/train.h"

#if defined(__x86_64__) || defined(_M_X64)
#include <immintrin.h>

#if defined(__GNUC__)
#define IIQ_TARGET \
    [[gnu::target("avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,avx2,fma,bmi,popcnt")]]
#else
#define IIQ_TARGET
#endif

namespace iiq {
namespace {

IIQ_TARGET double centre(const float* x, const double* mean, std::size_t depth, float* a) {
    __m512d squares = _mm512_setzero_pd();
    for (std::size_t k = 0; k < depth; k += 8) {
        const __mmask8 live = static_cast<__mmask8>(depth - k < 8 ? (1u << (depth - k)) - 1 : 0xff);
        const __m512d wide = _mm512_cvtps_pd(_mm256_maskz_loadu_ps(live, x + k));
        const __m256 difference =
            _mm512_cvtpd_ps(_mm512_sub_pd(wide, _mm512_maskz_loadu_pd(live, mean + k)));
        _mm256_mask_storeu_ps(a + k, live, difference);
        const __m512d back = _mm512_cvtps_pd(difference);
        squares = _mm512_fmadd_pd(back, back, squares);
    }
    return _mm512_reduce_add_pd(squares);
}

template <bool kFused>
IIQ_TARGET inline __m512 add_product(__m512 a, __m512 b, __m512 sum) {
    if constexpr (kFused)
        return _mm512_fmadd_ps(a, b, sum);
    else
        return _mm512_add_ps(sum, _mm512_mul_ps(a, b));
}

template <bool kFused>
IIQ_TARGET inline void tile_sums(const float* a, const float* panel, std::size_t depth,
                                 __m512 (&y)[kTileRows][2]) {
    for (std::size_t r = 0; r < kTileRows; ++r) y[r][0] = y[r][1] = _mm512_setzero_ps();
    for (std::size_t k = 0; k < depth; ++k, panel += kPanelColumns) {
        const __m512 p0 = _mm512_loadu_ps(panel), p1 = _mm512_loadu_ps(panel + 16);
#pragma GCC unroll 12
        for (std::size_t r = 0; r < kTileRows; ++r) {
            const __m512 value = _mm512_set1_ps(a[r * depth + k]);
            y[r][0] = add_product<kFused>(value, p0, y[r][0]);
            y[r][1] = add_product<kFused>(value, p1, y[r][1]);
        }
    }
}

IIQ_TARGET void project(const float* a, const float* panel, std::size_t depth, float* y) {
    __m512 sums[kTileRows][2];
    tile_sums<false>(a, panel, depth, sums);
    for (std::size_t r = 0; r < kTileRows; ++r) {
        _mm512_storeu_ps(y + r * kPanelColumns, sums[r][0]);
        _mm512_storeu_ps(y + r * kPanelColumns + 16, sums[r][1]);
    }
}

IIQ_TARGET inline std::uint32_t word_of(__mmask16 low, __mmask16 high) {
    return static_cast<std::uint32_t>(low) | static_cast<std::uint32_t>(high) << 16;
}

IIQ_TARGET void signs(const float* a, const float* panel, std::size_t depth, const float* row_bound,
                      const float* column_bound, std::uint32_t* positive, std::uint32_t* unsure) {
    __m512 sums[kTileRows][2];
    tile_sums<true>(a, panel, depth, sums);
    const __m512 zero = _mm512_setzero_ps();
    const __m512 c0 = _mm512_loadu_ps(column_bound), c1 = _mm512_loadu_ps(column_bound + 16);
    for (std::size_t r = 0; r < kTileRows; ++r) {
        const __m512 bound = _mm512_set1_ps(row_bound[r]);
        const __m512 y0 = sums[r][0], y1 = sums[r][1];
        positive[r] = word_of(_mm512_cmp_ps_mask(y0, zero, _CMP_GE_OQ),
                              _mm512_cmp_ps_mask(y1, zero, _CMP_GE_OQ));
        unsure[r] =
            word_of(_mm512_cmp_ps_mask(_mm512_abs_ps(y0), _mm512_mul_ps(bound, c0), _CMP_NGT_UQ),
                    _mm512_cmp_ps_mask(_mm512_abs_ps(y1), _mm512_mul_ps(bound, c1), _CMP_NGT_UQ));
    }
}

// Signs of kRows rows against one panel. Bytes of four neighbouring columns make one broadcast
// lane.
template <std::size_t kRows>
IIQ_TARGET inline void rotate_tile(const std::uint8_t* z, std::size_t stride,
                                   const std::int8_t* panel, const std::int32_t* start,
                                   std::uint32_t* bits, std::size_t n_panels) {
    __m512i sums[kRows][2];
    const __m512i s0 = _mm512_loadu_si512(start), s1 = _mm512_loadu_si512(start + 16);
#pragma GCC unroll 12
    for (std::size_t r = 0; r < kRows; ++r) sums[r][0] = s0, sums[r][1] = s1;
    for (std::size_t k = 0; k < stride; k += 4, panel += 4 * kPanelColumns) {
        const __m512i p0 = _mm512_loadu_si512(panel), p1 = _mm512_loadu_si512(panel + 64);
#pragma GCC unroll 12
        for (std::size_t r = 0; r < kRows; ++r) {
            const __m512i four = _mm512_broadcastd_epi32(_mm_loadu_si32(z + r * stride + k));
            sums[r][0] = _mm512_dpbusd_epi32(sums[r][0], four, p0);
            sums[r][1] = _mm512_dpbusd_epi32(sums[r][1], four, p1);
        }
    }
#pragma GCC unroll 12
    for (std::size_t r = 0; r < kRows; ++r)  // the top bit says negative
        bits[r * n_panels] =
            ~word_of(_mm512_movepi32_mask(sums[r][0]), _mm512_movepi32_mask(sums[r][1]));
}

IIQ_TARGET void rotate(const std::uint8_t* z, std::size_t n_rows, std::size_t stride,
                       const std::int8_t* rotation, const std::int32_t* start, std::size_t n_panels,
                       std::uint32_t* bits) {
    for (std::size_t p = 0; p < n_panels; ++p) {
        const std::int8_t* panel = rotation + p * stride * kPanelColumns;
        const std::int32_t* first = start + p * kPanelColumns;
        std::size_t row = 0;
        for (; row + 12 <= n_rows; row += 12)
            rotate_tile<12>(z + row * stride, stride, panel, first, bits + row * n_panels + p,
                            n_panels);
        for (; row < n_rows; ++row)
            rotate_tile<1>(z + row * stride, stride, panel, first, bits + row * n_panels + p,
                           n_panels);
    }
}

// sums += row, or -= row, of numbers 16 at a time.
template <bool kAdd>
IIQ_TARGET inline void add_row(const std::uint8_t* z, std::size_t stride, std::int32_t* sums) {
    const __m128i top = _mm_set1_epi8(static_cast<char>(kZeroByte));
    for (std::size_t k = 0; k < stride; k += 16) {
        const __m128i bytes =
            _mm_xor_si128(_mm_loadu_si128(reinterpret_cast<const __m128i*>(z + k)), top);
        const __m512i wide = _mm512_cvtepi8_epi32(bytes), old = _mm512_loadu_si512(sums + k);
        _mm512_storeu_si512(sums + k,
                            kAdd ? _mm512_add_epi32(old, wide) : _mm512_sub_epi32(old, wide));
    }
}

IIQ_TARGET void add_flips(const std::uint8_t* z, std::size_t stride, const std::uint32_t* before,
                          const std::uint32_t* now, std::size_t n_panels, std::int32_t* sums) {
    for (std::size_t p = 0; p < n_panels; ++p) {
        for (std::uint32_t up = now[p] & ~before[p]; up; up &= up - 1)
            add_row<true>(z, stride, sums + (p * kPanelColumns + _tzcnt_u32(up)) * stride);
        for (std::uint32_t down = before[p] & ~now[p]; down; down &= down - 1)
            add_row<false>(z, stride, sums + (p * kPanelColumns + _tzcnt_u32(down)) * stride);
    }
}

}  // namespace

const TrainKernels kTrainAvx512{centre, project, signs, rotate, add_flips};

}  // namespace iiq
#endif
