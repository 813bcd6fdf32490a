// AVX2 and FMA. Float tiles go in pieces of 6 x 16 sums (12 registers). Integer tiles add four
// products in 16 bits (vpmaddubsw twice: 4 * 127 * 63 fits), then pairs of those in 32 bits.
#include "kernels/train/table.h"

#if defined(__x86_64__) || defined(_M_X64)
#include <immintrin.h>

#if defined(__GNUC__)
#define IIQ_TARGET [[gnu::target("avx2,fma,bmi,popcnt")]]
#else
#define IIQ_TARGET
#endif

namespace iiq {
namespace {

constexpr std::size_t kPieceRows = 6;
constexpr std::size_t kPieceColumns = 16;

// Numbers that are known when compiling: an array indexed by them stays in registers.
template <std::size_t... v>
struct Indices {};

IIQ_TARGET double centre(const float* x, const double* mean, std::size_t depth, float* a) {
    __m256d squares = _mm256_setzero_pd();
    std::size_t k = 0;
    for (; k + 4 <= depth; k += 4) {
        const __m256d wide = _mm256_cvtps_pd(_mm_loadu_ps(x + k));
        const __m128 difference = _mm256_cvtpd_ps(_mm256_sub_pd(wide, _mm256_loadu_pd(mean + k)));
        _mm_storeu_ps(a + k, difference);
        const __m256d back = _mm256_cvtps_pd(difference);
        squares = _mm256_fmadd_pd(back, back, squares);
    }
    double lanes[4];
    _mm256_storeu_pd(lanes, squares);
    double total = lanes[0] + lanes[1] + lanes[2] + lanes[3];
    for (; k < depth; ++k) {
        a[k] = static_cast<float>(static_cast<double>(x[k]) - mean[k]);
        total += static_cast<double>(a[k]) * a[k];
    }
    return total;
}

template <bool kFused>
IIQ_TARGET inline __m256 add_product(__m256 a, __m256 b, __m256 sum) {
    if constexpr (kFused)
        return _mm256_fmadd_ps(a, b, sum);
    else
        return _mm256_add_ps(sum, _mm256_mul_ps(a, b));
}

template <bool kFused>
IIQ_TARGET inline void piece_sums(const float* a, std::size_t stride, const float* panel,
                                  std::size_t depth, __m256 (&y)[kPieceRows][2]) {
    for (std::size_t k = 0; k < depth; ++k, panel += kPanelColumns) {
        const __m256 p0 = _mm256_loadu_ps(panel), p1 = _mm256_loadu_ps(panel + 8);
#pragma GCC unroll 6
        for (std::size_t r = 0; r < kPieceRows; ++r) {
            const __m256 value = _mm256_broadcast_ss(a + r * stride + k);
            y[r][0] = add_product<kFused>(value, p0, y[r][0]);
            y[r][1] = add_product<kFused>(value, p1, y[r][1]);
        }
    }
}

template <bool kFused>
IIQ_TARGET inline void add_tile(const float* a, std::size_t stride, const float* panel,
                                std::size_t depth, float* y) {
    for (std::size_t row = 0; row < kTileRows; row += kPieceRows) {
        for (std::size_t column = 0; column < kPanelColumns; column += kPieceColumns) {
            float* out = y + row * kPanelColumns + column;
            __m256 sums[kPieceRows][2];
            for (std::size_t r = 0; r < kPieceRows; ++r) {
                const float* line = out + r * kPanelColumns;
                sums[r][0] = kFused ? _mm256_setzero_ps() : _mm256_loadu_ps(line);
                sums[r][1] = kFused ? _mm256_setzero_ps() : _mm256_loadu_ps(line + 8);
            }
            piece_sums<kFused>(a + row * stride, stride, panel + column, depth, sums);
            for (std::size_t r = 0; r < kPieceRows; ++r) {
                float* line = out + r * kPanelColumns;
                if constexpr (kFused) {
                    sums[r][0] = _mm256_add_ps(_mm256_loadu_ps(line), sums[r][0]);
                    sums[r][1] = _mm256_add_ps(_mm256_loadu_ps(line + 8), sums[r][1]);
                }
                _mm256_storeu_ps(line, sums[r][0]);
                _mm256_storeu_ps(line + 8, sums[r][1]);
            }
        }
    }
}

IIQ_TARGET void project(const float* a, std::size_t stride, const float* panel, std::size_t depth,
                        float* y) {
    add_tile<false>(a, stride, panel, depth, y);
}

IIQ_TARGET void add_products(const float* a, std::size_t stride, const float* panel,
                             std::size_t depth, float* y) {
    add_tile<true>(a, stride, panel, depth, y);
}

IIQ_TARGET inline std::uint32_t word_of(__m256 low, __m256 high) {
    return static_cast<std::uint32_t>(_mm256_movemask_ps(low)) |
           static_cast<std::uint32_t>(_mm256_movemask_ps(high)) << 8;
}

IIQ_TARGET void signs(const float* y, const float* row_bound, const float* column_bound,
                      std::uint32_t* positive, std::uint32_t* unsure) {
    const __m256 zero = _mm256_setzero_ps(), top = _mm256_set1_ps(-0.0f);
    for (std::size_t r = 0; r < kTileRows; ++r) {
        const __m256 bound = _mm256_broadcast_ss(row_bound + r);
        positive[r] = unsure[r] = 0;
        for (std::size_t column = 0; column < kPanelColumns; column += kPieceColumns, y += 16) {
            const __m256 y0 = _mm256_loadu_ps(y), y1 = _mm256_loadu_ps(y + 8);
            const __m256 c0 = _mm256_loadu_ps(column_bound + column);
            const __m256 c1 = _mm256_loadu_ps(column_bound + column + 8);
            positive[r] |=
                word_of(_mm256_cmp_ps(y0, zero, _CMP_GE_OQ), _mm256_cmp_ps(y1, zero, _CMP_GE_OQ))
                << column;
            const __m256 size0 = _mm256_andnot_ps(top, y0), size1 = _mm256_andnot_ps(top, y1);
            unsure[r] |= word_of(_mm256_cmp_ps(size0, _mm256_mul_ps(bound, c0), _CMP_NGT_UQ),
                                 _mm256_cmp_ps(size1, _mm256_mul_ps(bound, c1), _CMP_NGT_UQ))
                         << column;
        }
    }
}

IIQ_TARGET inline __m256i four_bytes(const std::uint8_t* bytes) {
    return _mm256_broadcastd_epi32(_mm_loadu_si32(bytes));
}

// Signs of kRows rows against half a panel (16 columns).
template <std::size_t kRows>
IIQ_TARGET inline void rotate_piece(const std::uint8_t* z, std::size_t stride,
                                    const std::int8_t* panel, const std::int32_t* start,
                                    std::uint32_t* bits, std::size_t n_panels, int shift) {
    const __m256i ones = _mm256_set1_epi16(1);
    __m256i sums[kRows][2];
    for (std::size_t r = 0; r < kRows; ++r) {
        sums[r][0] = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(start));
        sums[r][1] = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(start + 8));
    }
    for (std::size_t k = 0; k < stride; k += 8, panel += 8 * kPanelColumns) {
        const __m256i* place = reinterpret_cast<const __m256i*>(panel);
        const __m256i p0 = _mm256_loadu_si256(place), p1 = _mm256_loadu_si256(place + 1);
        const __m256i next0 = _mm256_loadu_si256(place + 4), next1 = _mm256_loadu_si256(place + 5);
#pragma GCC unroll 4
        for (std::size_t r = 0; r < kRows; ++r) {
            const __m256i four = four_bytes(z + r * stride + k);
            const __m256i next = four_bytes(z + r * stride + k + 4);
            const __m256i products0 =
                _mm256_add_epi16(_mm256_maddubs_epi16(four, p0), _mm256_maddubs_epi16(next, next0));
            const __m256i products1 =
                _mm256_add_epi16(_mm256_maddubs_epi16(four, p1), _mm256_maddubs_epi16(next, next1));
            sums[r][0] = _mm256_add_epi32(sums[r][0], _mm256_madd_epi16(products0, ones));
            sums[r][1] = _mm256_add_epi32(sums[r][1], _mm256_madd_epi16(products1, ones));
        }
    }
    for (std::size_t r = 0; r < kRows; ++r) {  // the top bit says negative
        const std::uint32_t negative =
            word_of(_mm256_castsi256_ps(sums[r][0]), _mm256_castsi256_ps(sums[r][1]));
        bits[r * n_panels] |= (negative ^ 0xffffu) << shift;
    }
}

IIQ_TARGET void rotate(const std::uint8_t* z, std::size_t n_rows, std::size_t stride,
                       const std::int8_t* rotation, const std::int32_t* start, std::size_t n_panels,
                       std::uint32_t* bits, bool) {
    for (std::size_t i = 0; i < n_rows * n_panels; ++i) bits[i] = 0;
    for (std::size_t half = 0; half < 2 * n_panels; ++half) {
        const std::size_t p = half / 2;
        const int shift = half % 2 ? 16 : 0;
        const std::int8_t* panel = rotation + p * panel_bytes(stride) + 4 * shift;
        const std::int32_t* first = start + p * kPanelColumns + shift;
        std::size_t row = 0;
        for (; row + 4 <= n_rows; row += 4)
            rotate_piece<4>(z + row * stride, stride, panel, first, bits + row * n_panels + p,
                            n_panels, shift);
        for (; row < n_rows; ++row)
            rotate_piece<1>(z + row * stride, stride, panel, first, bits + row * n_panels + p,
                            n_panels, shift);
    }
}

// The numbers that 16 bytes stand for.
IIQ_TARGET inline __m256i wide_bytes(const std::uint8_t* bytes, __m128i zero) {
    const __m128i loaded = _mm_loadu_si128(reinterpret_cast<const __m128i*>(bytes));
    return _mm256_cvtepi8_epi16(_mm_sub_epi8(loaded, zero));
}

// sums[0 .. 8) += 8 numbers of 16 bits.
IIQ_TARGET inline void add_eight(std::int32_t* sums, __m128i numbers) {
    __m256i* place = reinterpret_cast<__m256i*>(sums);
    _mm256_storeu_si256(
        place, _mm256_add_epi32(_mm256_loadu_si256(place), _mm256_cvtepi16_epi32(numbers)));
}

// Numbers of a part of a row, 16 a register.
template <std::size_t... v>
IIQ_TARGET inline void add_part(const std::uint8_t* z, std::size_t stride, const std::uint8_t* rows,
                                std::size_t n_up, std::size_t n_down, std::int32_t* sums,
                                Indices<v...>) {
    const __m128i zero = _mm_set1_epi8(kZeroByte);
    __m256i part[sizeof...(v)];
    ((part[v] = _mm256_setzero_si256()), ...);
    for (std::size_t i = 0; i < n_up; ++i) {
        const std::uint8_t* row = z + rows[i] * stride;
        ((part[v] = _mm256_add_epi16(part[v], wide_bytes(row + 16 * v, zero))), ...);
    }
    for (std::size_t i = n_up; i < n_up + n_down; ++i) {
        const std::uint8_t* row = z + rows[i] * stride;
        ((part[v] = _mm256_sub_epi16(part[v], wide_bytes(row + 16 * v, zero))), ...);
    }
    (add_eight(sums + 16 * v, _mm256_castsi256_si128(part[v])), ...);
    (add_eight(sums + 16 * v + 8, _mm256_extracti128_si256(part[v], 1)), ...);
}

IIQ_TARGET void add_rows(const std::uint8_t* z, std::size_t stride, const std::uint8_t* rows,
                         std::size_t n_up, std::size_t n_down, std::int32_t* sums) {
    std::size_t k = 0;
    for (; k + 160 <= stride; k += 160)
        add_part(z + k, stride, rows, n_up, n_down, sums + k,
                 Indices<0, 1, 2, 3, 4, 5, 6, 7, 8, 9>{});
    for (; k + 48 <= stride; k += 48)
        add_part(z + k, stride, rows, n_up, n_down, sums + k, Indices<0, 1, 2>{});
    for (; k < stride; k += 16) add_part(z + k, stride, rows, n_up, n_down, sums + k, Indices<0>{});
}

}  // namespace

const TrainKernels kTrainAvx2{centre, project, add_products, signs, rotate, add_rows};

}  // namespace iiq
#endif
