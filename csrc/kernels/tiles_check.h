// Whether the tile products are what the kernels take them for: asked once, before amx is offered.
#pragma once

#include <cstddef>
#include <cstdint>

namespace iiq {
namespace {

struct TileCheck {
    alignas(64) std::uint8_t left[16][64];
    alignas(64) std::int8_t right[16][64];
    alignas(64) std::int32_t sums[2][16][16];  // of unsigned and of signed bytes on the left
};

inline void fill(TileCheck& check) {
    for (int row = 0; row < 16; ++row)
        for (int column = 0; column < 64; ++column) {
            check.left[row][column] = static_cast<std::uint8_t>(37 * row + 11 * column - 90);
            check.right[row][column] = static_cast<std::int8_t>(23 * row + 59 * column + 7);
        }
    for (auto& tile : check.sums)
        for (auto& row : tile)
            for (auto& sum : row) sum = 5;
}

inline bool is_right(const TileCheck& check) {
    for (int m = 0; m < 16; ++m)
        for (int n = 0; n < 16; ++n) {
            std::int32_t with_unsigned = 5, with_signed = 5;
            for (int k = 0; k < 64; ++k) {
                const std::int8_t byte = check.right[k / 4][4 * n + k % 4];
                with_unsigned += check.left[m][k] * byte;
                with_signed += static_cast<std::int8_t>(check.left[m][k]) * byte;
            }
            if (check.sums[0][m][n] != with_unsigned || check.sums[1][m][n] != with_signed)
                return false;
        }
    return true;
}

// Multiplies one pair of tiles, with unsigned and with signed bytes on the left, and compares with
// plain loops. T is Tiles, or what stands in for it in a test.
template <class T>
bool tile_products_are_right() {
    static TileCheck check;
    fill(check);
    T::configure();
    T::template load<0>(check.sums[0], 64);
    T::template load<1>(check.sums[1], 64);
    T::template load<2>(check.left, 64);
    T::template load<3>(check.right, 64);
    T::template multiply_add<0, 2, 3>();
    T::template multiply_add_signed<1, 2, 3>();
    T::template store<0>(check.sums[0], 64);
    T::template store<1>(check.sums[1], 64);
    T::release();
    return is_right(check);
}

}  // namespace
}  // namespace iiq
