// Counts of 512 codes as planes: a register holds one bit of the count of each, and adders are made
// of vpternlogq. For avx512_planes.cpp alone.
//
// Rows (planes of weight 1) are added in trees of full adders after Harley and Seal: two of one
// weight go into the plane of that weight, and the carry is one of the next weight.
#pragma once

#include "kernels/search/avx512.h"

#if defined(__x86_64__) || defined(_M_X64)

#define IIQ_PLANES gnu::always_inline, gnu::target("avx512f,avx512bw")

namespace iiq::avx512 {

constexpr std::size_t kRow = 64;          // a bit of each code
constexpr std::size_t kTable = 8 * kRow;  // the rows among which a query picks one
constexpr int kMostLevels = 7;            // of a slab's count: up to 127 rows

constexpr int bit_width(std::size_t x) {
    int width = 0;
    for (; x; x >>= 1) ++width;
    return width;
}

struct Count {
    __m512i plane[kMostLevels];
};

// The rows that a query picks, one after the other. A place is in units of 8 bytes, which an
// address takes as they are.
struct Rows {
    const std::uint8_t* places;
    const std::uint8_t* table;

    [[IIQ_PLANES]] inline __m512i next() {
        const __m512i row = _mm512_load_si512(table + 8 * std::size_t{*places});
        ++places;
        table += kTable;
        return row;
    }
};

// The sum becomes the plane, the carry is returned. It is the plane where that and x agree, and
// else what the sum is not; so no register need be copied.
[[IIQ_PLANES]] static inline __m512i full_add(__m512i& plane, __m512i x, __m512i y) {
    const __m512i sum = _mm512_ternarylogic_epi64(y, x, plane, 0x96);
    const __m512i carry = _mm512_ternarylogic_epi64(plane, x, sum, 0xD4);
    plane = sum;
    return carry;
}
[[IIQ_PLANES]] static inline __m512i half_add(__m512i& plane, __m512i x) {
    const __m512i carry = _mm512_and_si512(plane, x);
    plane = _mm512_xor_si512(plane, x);
    return carry;
}

// Add 2^level rows to the planes below `level`; the carry, of weight 2^level, is returned.
template <int level>
[[IIQ_PLANES]] static inline __m512i take(Count& count, Rows& rows) {
    if constexpr (level == 0) {
        return rows.next();
    } else {
        const __m512i first = take<level - 1>(count, rows);
        const __m512i second = take<level - 1>(count, rows);
        return full_add(count.plane[level - 1], first, second);
    }
}

// Start a count of n = 2^i - 1 rows, which need no half adder: 1, 2, 4, ... rows a plane.
template <int n, int level>
[[IIQ_PLANES]] static inline void take_first(Count& count, Rows& rows) {
    if constexpr (n > 0) {
        count.plane[level] = take<level>(count, rows);
        take_first<n - (1 << level), level + 1>(count, rows);
    }
}

// Take n rows, from the carry of `level` down; the carries are left to be added.
template <int n, int level>
[[IIQ_PLANES]] static inline void take_rest(Count& count, Rows& rows, Count& carries) {
    if constexpr (level >= 0) {
        if constexpr ((n >> level & 1) != 0) carries.plane[level] = take<level>(count, rows);
        take_rest<n, level - 1>(count, rows, carries);
    }
}

// Add the carries that take_rest<n> left, and that of the level before where there is one, to the
// planes level .. top - 1; the last carry is returned.
template <int n, int level, int top, bool carried>
[[IIQ_PLANES]] static inline __m512i add_carries(Count& count, const Count& carries,
                                                 __m512i carry) {
    if constexpr (level == top) {
        return carry;
    } else if constexpr ((n >> level & 1) == 0) {
        if constexpr (carried) carry = half_add(count.plane[level], carry);
        return add_carries<n, level + 1, top, carried>(count, carries, carry);
    } else {
        if constexpr (carried)
            carry = full_add(count.plane[level], carries.plane[level], carry);
        else
            carry = half_add(count.plane[level], carries.plane[level]);
        return add_carries<n, level + 1, top, true>(count, carries, carry);
    }
}

template <int level, int top>
[[IIQ_PLANES]] static inline void load_count(Count& count, const std::uint8_t* from) {
    if constexpr (level < top) {
        count.plane[level] = _mm512_load_si512(from + kRow * level);
        load_count<level + 1, top>(count, from);
    }
}
template <int level, int top>
[[IIQ_PLANES]] static inline void store_count(const Count& count, std::uint8_t* to) {
    if constexpr (level < top) {
        _mm512_store_si512(to + kRow * level, count.plane[level]);
        store_count<level + 1, top>(count, to);
    }
}

// The bits of 0 .. 15 as masks.
struct Masks {
    std::uint32_t of[16][4];
};
constexpr Masks make_masks() {
    Masks masks{};
    for (unsigned x = 0; x < 16; ++x)
        for (unsigned i = 0; i < 4; ++i) masks.of[x][i] = x >> i & 1 ? ~0u : 0u;
    return masks;
}
alignas(64) constexpr Masks kMasks = make_masks();

// Numbers and a limit are compared from the lowest bit up: which are below going by the bits
// before, then by bit `level` too, which is the plane.
[[IIQ_PLANES]] static inline __m512i compare_bit(__m512i below, __m512i plane, std::uint32_t limit,
                                                 std::size_t level) {
    const std::uint32_t mask = kMasks.of[limit >> level / 4 * 4 & 15][level % 4];
    const __m512i limit_bit = _mm512_set1_epi32(static_cast<int>(mask));
    return _mm512_ternarylogic_epi32(below, plane, limit_bit, 0xB2);
}

// The planes of a count have the weights 2, 4, ... of a number.
template <int level, int top>
[[IIQ_PLANES]] static inline __m512i compare(__m512i below, const Count& count,
                                             std::uint32_t limit) {
    if constexpr (level == top) {
        return below;
    } else {
        below = compare_bit(below, count.plane[level], limit, level + 1);
        return compare<level + 1, top>(below, count, limit);
    }
}

}  // namespace iiq::avx512
#endif
