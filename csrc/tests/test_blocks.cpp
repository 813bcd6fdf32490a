// What lies past the last bit and past the last code of blocks, and distances row by row.
#include <algorithm>

#include "base/buffer.h"
#include "codes/blocks.h"
#include "tests/check.h"
#include "tests/reference.h"

TEST(blocks_end_in_zeros_and_any_other_bit_is_counted) {
    for (const std::size_t n_bits : {1, 7, 8, 15, 16, 17, 100})
        for (const std::size_t n : {1, 31, 32, 33}) {
            const auto rows = reference::random_codes(n, n_bits, n);
            const std::size_t size = iiq::blocks_for(n) * iiq::block_bytes(n_bits);
            const auto memory = iiq::make_buffer(size);
            std::fill_n(memory.get(), size, std::uint8_t{0xFF});
            iiq::to_blocks(rows.data(), n, n_bits, 1, memory.get());
            const iiq::BlockedCodes codes{memory.get(), n, n_bits};
            CHECK_EQ(iiq::count_stray_bits(codes), 0u);
            std::fill_n(memory.get(), size, std::uint8_t{0xFF});
            CHECK_EQ(iiq::count_stray_bits(codes), 8 * size - n * n_bits);
        }
}

TEST(distances_of_rows_count_every_byte) {
    for (const std::size_t n_bits : {1, 8, 60, 64, 65, 72, 127, 200}) {
        const std::size_t n_bytes = iiq::bytes_per_code(n_bits);
        const auto a = reference::random_codes(9, n_bits, 1);
        const auto b = reference::random_codes(9, n_bits, 2);
        std::vector<std::int32_t> apart(9);
        iiq::hamming_rows(a.data(), b.data(), 9, n_bytes, apart.data());
        for (std::size_t i = 0; i < 9; ++i)
            CHECK_EQ(apart[i], reference::hamming(&a[i * n_bytes], &b[i * n_bytes], n_bits));
    }
}
