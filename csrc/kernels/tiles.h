// The AMX tile instructions, tile numbers as template arguments. Tiles are 16 rows of 64 bytes.
//
// Written as assembly: GCC's intrinsics take tile numbers only as literals in the source. Include
// it inside an anonymous namespace's file only (each user gets its own copy).
#pragma once

#include <cstddef>
#include <cstdint>

namespace iiq {
namespace {

struct Tiles {
    // Eight tiles of 16 rows of 64 bytes. Per thread, before any other call.
    static void configure() {
        struct alignas(64) Config {
            std::uint8_t palette, start_row, reserved[14];
            std::uint16_t row_bytes[16];
            std::uint8_t rows[16];
        };
        static constexpr Config kConfig{
            1, 0, {}, {64, 64, 64, 64, 64, 64, 64, 64}, {16, 16, 16, 16, 16, 16, 16, 16}};
        static_assert(sizeof(Config) == 64);
        __asm__ volatile("ldtilecfg %0" ::"m"(kConfig));
    }
    // Back to the state without tiles, so that switching threads costs nothing more.
    static void release() { __asm__ volatile("tilerelease"); }

    template <int tile>
    static void zero() {
        __asm__ volatile("tilezero %%tmm%c0" ::"i"(tile));
    }
    template <int tile>
    static void load(const void* from, std::size_t stride) {
        __asm__ volatile("tileloadd (%0,%1,1), %%tmm%c2" ::"r"(from), "r"(stride), "i"(tile)
                         : "memory");
    }
    template <int tile>
    static void store(void* to, std::size_t stride) {
        __asm__ volatile("tilestored %%tmm%c2, (%0,%1,1)" ::"r"(to), "r"(stride), "i"(tile)
                         : "memory");
    }
    // Tile c (int32) += a (uint8) times b (int8, four rows interleaved).
    template <int c, int a, int b>
    static void multiply_add() {
        __asm__ volatile("tdpbusd %%tmm%c2, %%tmm%c1, %%tmm%c0" ::"i"(c), "i"(a), "i"(b));
    }
    // The same with signed bytes on both sides.
    template <int c, int a, int b>
    static void multiply_add_signed() {
        __asm__ volatile("tdpbssd %%tmm%c2, %%tmm%c1, %%tmm%c0" ::"i"(c), "i"(a), "i"(b));
    }
};

}  // namespace
}  // namespace iiq
