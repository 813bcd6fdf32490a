// AVX-512 F, BW, DQ, VL and VNNI. Float tiles hold 12 x 32 sums in 24 registers; integer tiles the
// same, four products a lane (vpdpbusd: unsigned bytes of z, broadcast, times signed bytes of the
// rotation).
#include "kernels/train/table.h"

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

// Row numbers that are known when compiling: an array indexed by them stays in registers.
template <std::size_t... r>
struct Indices {};
using TileRows = Indices<0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11>;

template <bool kFused, std::size_t... r>
IIQ_TARGET inline void add_tile(const float* a, std::size_t stride, const float* panel,
                                std::size_t depth, float* out, Indices<r...>) {
    __m512 y[kTileRows][2];
    if constexpr (kFused)
        ((y[r][0] = y[r][1] = _mm512_setzero_ps()), ...);
    else
        ((y[r][0] = _mm512_loadu_ps(out + r * kPanelColumns),
          y[r][1] = _mm512_loadu_ps(out + r * kPanelColumns + 16)),
         ...);
    for (std::size_t k = 0; k < depth; ++k, ++a, panel += kPanelColumns) {
        const __m512 p0 = _mm512_loadu_ps(panel), p1 = _mm512_loadu_ps(panel + 16);
        __m512 value;
        ((value = _mm512_set1_ps(a[r * stride]), y[r][0] = add_product<kFused>(value, p0, y[r][0]),
          y[r][1] = add_product<kFused>(value, p1, y[r][1])),
         ...);
    }
    if constexpr (kFused)
        ((y[r][0] = _mm512_add_ps(_mm512_loadu_ps(out + r * kPanelColumns), y[r][0]),
          y[r][1] = _mm512_add_ps(_mm512_loadu_ps(out + r * kPanelColumns + 16), y[r][1])),
         ...);
    ((_mm512_storeu_ps(out + r * kPanelColumns, y[r][0]),
      _mm512_storeu_ps(out + r * kPanelColumns + 16, y[r][1])),
     ...);
}

IIQ_TARGET void project(const float* a, std::size_t stride, const float* panel, std::size_t depth,
                        float* y) {
    add_tile<false>(a, stride, panel, depth, y, TileRows{});
}

IIQ_TARGET void add_products(const float* a, std::size_t stride, const float* panel,
                             std::size_t depth, float* y) {
    add_tile<true>(a, stride, panel, depth, y, TileRows{});
}

IIQ_TARGET inline std::uint32_t word_of(__mmask16 low, __mmask16 high) {
    return static_cast<std::uint32_t>(low) | static_cast<std::uint32_t>(high) << 16;
}

IIQ_TARGET void signs(const float* y, const float* row_bound, const float* column_bound,
                      std::uint32_t* positive, std::uint32_t* unsure) {
    const __m512 zero = _mm512_setzero_ps();
    const __m512 c0 = _mm512_loadu_ps(column_bound), c1 = _mm512_loadu_ps(column_bound + 16);
    for (std::size_t r = 0; r < kTileRows; ++r, y += kPanelColumns) {
        const __m512 bound = _mm512_set1_ps(row_bound[r]);
        const __m512 y0 = _mm512_loadu_ps(y), y1 = _mm512_loadu_ps(y + 16);
        positive[r] = word_of(_mm512_cmp_ps_mask(y0, zero, _CMP_GE_OQ),
                              _mm512_cmp_ps_mask(y1, zero, _CMP_GE_OQ));
        unsure[r] =
            word_of(_mm512_cmp_ps_mask(_mm512_abs_ps(y0), _mm512_mul_ps(bound, c0), _CMP_NGT_UQ),
                    _mm512_cmp_ps_mask(_mm512_abs_ps(y1), _mm512_mul_ps(bound, c1), _CMP_NGT_UQ));
    }
}

IIQ_TARGET inline int four_bytes(const std::uint8_t* bytes) {
    return _mm_cvtsi128_si32(_mm_loadu_si32(bytes));
}

// sum += products of unsigned bytes u and signed bytes v, four a lane. As an intrinsic GCC 12 keeps
// each sum in two registers and spills them, which halves the speed.
IIQ_TARGET inline __m512i add_dot(__m512i sum, __m512i u, __m512i v) {
#if defined(__GNUC__) && !defined(IIQ_EMULATED)
    __asm__("vpdpbusd %2, %1, %0" : "+v"(sum) : "v"(u), "v"(v));
    return sum;
#else
    return _mm512_dpbusd_epi32(sum, u, v);
#endif
}

// Signs of some rows against one panel. Bytes of four neighbouring columns make one broadcast lane.
template <std::size_t... r>
IIQ_TARGET inline void rotate_tile(const std::uint8_t* z, std::size_t stride,
                                   const std::int8_t* panel, const std::int32_t* start,
                                   std::uint32_t* bits, std::size_t n_panels, Indices<r...>) {
    __m512i sums[sizeof...(r)][2];
    const __m512i s0 = _mm512_loadu_si512(start), s1 = _mm512_loadu_si512(start + 16);
    ((sums[r][0] = s0, sums[r][1] = s1), ...);
    for (std::size_t k = 0; k < stride; k += 4, panel += 4 * kPanelColumns) {
        const __m512i p0 = _mm512_loadu_si512(panel), p1 = _mm512_loadu_si512(panel + 64);
        __m512i four;
        ((four = _mm512_set1_epi32(four_bytes(z + r * stride + k)),
          sums[r][0] = add_dot(sums[r][0], four, p0), sums[r][1] = add_dot(sums[r][1], four, p1)),
         ...);
    }
    ((bits[r * n_panels] =  // the top bit says negative
      ~word_of(_mm512_movepi32_mask(sums[r][0]), _mm512_movepi32_mask(sums[r][1]))),
     ...);
}

IIQ_TARGET void rotate(const std::uint8_t* z, std::size_t n_rows, std::size_t stride,
                       const std::int8_t* rotation, const std::int32_t* start, std::size_t n_panels,
                       std::uint32_t* bits, bool) {
    for (std::size_t p = 0; p < n_panels; ++p) {
        const std::int8_t* panel = rotation + p * panel_bytes(stride);
        const std::int32_t* first = start + p * kPanelColumns;
        std::size_t row = 0;
        for (; row + kTileRows <= n_rows; row += kTileRows)
            rotate_tile(z + row * stride, stride, panel, first, bits + row * n_panels + p, n_panels,
                        TileRows{});
        for (; row < n_rows; ++row)
            rotate_tile(z + row * stride, stride, panel, first, bits + row * n_panels + p, n_panels,
                        Indices<0>{});
    }
}

// The numbers that 32 bytes stand for.
IIQ_TARGET inline __m512i wide_bytes(const std::uint8_t* bytes, __m256i zero) {
    const __m256i loaded = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(bytes));
    return _mm512_cvtepi8_epi16(_mm256_sub_epi8(loaded, zero));
}

// sums[0 .. 32) += 32 numbers of 16 bits.
IIQ_TARGET inline void add_wide(std::int32_t* sums, __m512i numbers) {
    const __m512i low = _mm512_cvtepi16_epi32(_mm512_castsi512_si256(numbers));
    const __m512i high = _mm512_cvtepi16_epi32(_mm512_extracti64x4_epi64(numbers, 1));
    _mm512_storeu_si512(sums, _mm512_add_epi32(_mm512_loadu_si512(sums), low));
    _mm512_storeu_si512(sums + 16, _mm512_add_epi32(_mm512_loadu_si512(sums + 16), high));
}

// The last 16 numbers of rows whose length is no multiple of 32.
IIQ_TARGET inline void add_sixteen(const std::uint8_t* z, std::size_t stride,
                                   const std::uint8_t* rows, std::size_t n_up, std::size_t n_down,
                                   std::int32_t* sums) {
    const __m128i zero = _mm_set1_epi8(kZeroByte);
    __m512i total = _mm512_loadu_si512(sums);
    for (std::size_t i = 0; i < n_up + n_down; ++i) {
        const __m128i bytes =
            _mm_loadu_si128(reinterpret_cast<const __m128i*>(z + rows[i] * stride));
        const __m512i wide = _mm512_cvtepi8_epi32(_mm_sub_epi8(bytes, zero));
        total = i < n_up ? _mm512_add_epi32(total, wide) : _mm512_sub_epi32(total, wide);
    }
    _mm512_storeu_si512(sums, total);
}

// Numbers of a part of a row, 32 a register.
template <std::size_t... v>
IIQ_TARGET inline void add_part(const std::uint8_t* z, std::size_t stride, const std::uint8_t* rows,
                                std::size_t n_up, std::size_t n_down, std::int32_t* sums,
                                Indices<v...>) {
    const __m256i zero = _mm256_set1_epi8(kZeroByte);
    __m512i part[sizeof...(v)];
    ((part[v] = _mm512_setzero_si512()), ...);
    for (std::size_t i = 0; i < n_up; ++i) {
        const std::uint8_t* row = z + rows[i] * stride;
        ((part[v] = _mm512_add_epi16(part[v], wide_bytes(row + 32 * v, zero))), ...);
    }
    for (std::size_t i = n_up; i < n_up + n_down; ++i) {
        const std::uint8_t* row = z + rows[i] * stride;
        ((part[v] = _mm512_sub_epi16(part[v], wide_bytes(row + 32 * v, zero))), ...);
    }
    (add_wide(sums + 32 * v, part[v]), ...);
}

IIQ_TARGET void add_rows(const std::uint8_t* z, std::size_t stride, const std::uint8_t* rows,
                         std::size_t n_up, std::size_t n_down, std::int32_t* sums) {
    std::size_t k = 0;
    for (; k + 320 <= stride; k += 320)
        add_part(z + k, stride, rows, n_up, n_down, sums + k,
                 Indices<0, 1, 2, 3, 4, 5, 6, 7, 8, 9>{});
    for (; k + 96 <= stride; k += 96)
        add_part(z + k, stride, rows, n_up, n_down, sums + k, Indices<0, 1, 2>{});
    for (; k + 32 <= stride; k += 32)
        add_part(z + k, stride, rows, n_up, n_down, sums + k, Indices<0>{});
    if (k < stride) add_sixteen(z + k, stride, rows, n_up, n_down, sums + k);
}

}  // namespace

const TrainKernels kTrainAvx512{centre, project, add_products, signs, rotate, add_rows};

}  // namespace iiq
#endif
