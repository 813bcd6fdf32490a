// Signs of integer sums by AMX tiles, but for the tile instructions, so that tests can run it on
// any CPU with AVX-512: `Tiles` gives the instructions (tiles.h) or plain loops that do the same
// (tests/tiles_emulated.h). Included by amx.cpp and by its test alone.
//
// A tile of rows is 16 rows of 64 bytes as they lie in memory, a tile of the rotation 64 of its
// rows in 16 columns, and their product 16 x 16 sums. Bytes past the end of a row meet zeros of the
// panel.
#pragma once

#include <immintrin.h>

#include "kernels/train/table.h"

namespace iiq::amx {

constexpr std::size_t kTwoTiles = 32;  // rows, and columns, taken together

// The sums of 32 rows and 32 columns: four tiles, 64 bytes of each row at a time.
template <class Tiles>
void sum_tiles(const std::uint8_t* z, std::size_t stride, const std::int8_t* panel,
               const std::int32_t* start, std::int32_t* sums) {
    constexpr std::size_t kLine = 4 * kTwoTiles;  // bytes of a line of the panel, and of sums
    Tiles::template load<0>(start, 0);            // the same 16 numbers in each of 16 rows
    Tiles::template load<1>(start + 16, 0);
    Tiles::template load<2>(start, 0);
    Tiles::template load<3>(start + 16, 0);
    for (std::size_t k = 0; k < stride; k += 64) {
        const std::int8_t* lines = panel + k / 4 * kLine;
        Tiles::template load<4>(z + k, stride);
        Tiles::template load<5>(z + 16 * stride + k, stride);
        Tiles::template load<6>(lines, kLine);
        Tiles::template load<7>(lines + 64, kLine);
        Tiles::template multiply_add_signed<0, 4, 6>();
        Tiles::template multiply_add_signed<1, 4, 7>();
        Tiles::template multiply_add_signed<2, 5, 6>();
        Tiles::template multiply_add_signed<3, 5, 7>();
    }
    Tiles::template store<0>(sums, kLine);
    Tiles::template store<1>(sums + 16, kLine);
    Tiles::template store<2>(sums + 16 * kTwoTiles, kLine);
    Tiles::template store<3>(sums + 16 * kTwoTiles + 16, kLine);
}

[[gnu::target("avx512f,avx512bw,avx512vl,avx512dq")]]
static inline std::uint32_t not_negative(const std::int32_t* sums) {
    const std::uint32_t low = _mm512_movepi32_mask(_mm512_load_si512(sums));
    const std::uint32_t high = _mm512_movepi32_mask(_mm512_load_si512(sums + 16));
    return ~(low | high << 16);
}

// As TrainKernels::rotate. Rows that do not fill two tiles, and the last row where nothing may be
// read behind it, go to `rest`.
template <class Tiles>
void rotate(const std::uint8_t* z, std::size_t n_rows, std::size_t stride,
            const std::int8_t* rotation, const std::int32_t* start, std::size_t n_panels,
            std::uint32_t* bits, bool more, decltype(TrainKernels::rotate) rest) {
    const bool overhang = stride % 64 != 0 && !more;
    const std::size_t n_tiled = (overhang ? n_rows - 1 : n_rows) / kTwoTiles * kTwoTiles;
    alignas(64) std::int32_t sums[kTwoTiles * kTwoTiles];
    Tiles::configure();
    for (std::size_t p = 0; p < n_panels; ++p) {
        const std::int8_t* panel = rotation + p * panel_bytes(stride);
        for (std::size_t row = 0; row < n_tiled; row += kTwoTiles) {
            sum_tiles<Tiles>(z + row * stride, stride, panel, start + p * kPanelColumns, sums);
            for (std::size_t r = 0; r < kTwoTiles; ++r)
                bits[(row + r) * n_panels + p] = not_negative(sums + r * kTwoTiles);
        }
    }
    Tiles::release();
    if (n_tiled < n_rows)
        rest(z + n_tiled * stride, n_rows - n_tiled, stride, rotation, start, n_panels,
             bits + n_tiled * n_panels, more);
}

}  // namespace iiq::amx
