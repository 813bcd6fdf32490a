// What the tile instructions do (kernels/tiles.h), in plain loops.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace {

struct EmulatedTiles {
    static inline thread_local std::uint8_t tiles[8][16][64];
    static inline thread_local bool configured = false;

    static void configure() { configured = true; }
    static void release() { configured = false; }

    template <int tile>
    static void zero() {
        std::memset(tiles[tile], 0, sizeof(tiles[tile]));
    }
    template <int tile>
    static void load(const void* from, std::size_t stride) {
        for (std::size_t row = 0; row < 16; ++row)
            std::memcpy(tiles[tile][row], static_cast<const char*>(from) + row * stride, 64);
    }
    template <int tile>
    static void store(void* to, std::size_t stride) {
        for (std::size_t row = 0; row < 16; ++row)
            std::memcpy(static_cast<char*>(to) + row * stride, tiles[tile][row], 64);
    }
    // c[m][n] += sum over k, i of a[m][4 k + i] * b[k][4 n + i]
    template <int c, int a, int b>
    static void multiply_add() {
        add_products<c, a, b, std::uint8_t>();
    }
    template <int c, int a, int b>
    static void multiply_add_signed() {
        add_products<c, a, b, std::int8_t>();
    }
    template <int c, int a, int b, class Left>
    static void add_products() {
        for (int m = 0; m < 16; ++m)
            for (int n = 0; n < 16; ++n) {
                std::int32_t sum;
                std::memcpy(&sum, &tiles[c][m][4 * n], 4);
                for (int k = 0; k < 16; ++k)
                    for (int i = 0; i < 4; ++i)
                        sum += static_cast<Left>(tiles[a][m][4 * k + i]) *
                               static_cast<std::int8_t>(tiles[b][k][4 * n + i]);
                std::memcpy(&tiles[c][m][4 * n], &sum, 4);
            }
    }
};

}  // namespace
