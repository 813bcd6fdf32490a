// Whether the tile products are what the kernels take them for: asked once, before amx is offered.
#pragma once

#include <cstddef>
#include <cstdint>

namespace iiq {
namespace {

// Multiplies one pair of tiles, with unsigned and with signed bytes on the left, and compares with
// plain loops. T is Tiles, or what stands in for it in a test.
template <class T>
bool tile_products_are_right() {
    alignas(64) static std::uint8_t left[16][64];
    alignas(64) static std::int8_t right[16][64];
    alignas(64) static std::int32_t sums[2][16][16];
    for (int row = 0; row < 16; ++row)
        for (int column = 0; column < 64; ++column) {
            left[row][column] = static_cast<std::uint8_t>(37 * row + 11 * column - 90);
            right[row][column] = static_cast<std::int8_t>(23 * row + 59 * column + 7);
        }
    for (auto& tile : sums)
        for (auto& row : tile)
            for (auto& sum : row) sum = 5;
    T::configure();
    T::template load<0>(sums[0], 64);
    T::template load<1>(sums[1], 64);
    T::template load<2>(left, 64);
    T::template load<3>(right, 64);
    T::template multiply_add<0, 2, 3>();
    T::template multiply_add_signed<1, 2, 3>();
    T::template store<0>(sums[0], 64);
    T::template store<1>(sums[1], 64);
    T::release();
    for (int m = 0; m < 16; ++m)
        for (int n = 0; n < 16; ++n) {
            std::int32_t with_unsigned = 5, with_signed = 5;
            for (int k = 0; k < 64; ++k) {
                const std::int8_t byte = right[k / 4][4 * n + k % 4];
                with_unsigned += left[m][k] * byte;
                with_signed += static_cast<std::int8_t>(left[m][k]) * byte;
            }
            if (sums[0][m][n] != with_unsigned || sums[1][m][n] != with_signed) return false;
        }
    return true;
}

}  // namespace
}  // namespace iiq
