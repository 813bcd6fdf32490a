// The AMX kernel with its tile instructions emulated, so that it is tested on CPUs without AMX (its
// other instructions are AVX-512's, so not on all). Where there is AMX test_search.cpp runs it too.
#include "kernels/cpu.h"

#if defined(__x86_64__)
#include "bits/blocks.h"
#include "kernels/search_amx.h"
#include "kernels/tiles_check.h"
#include "search/scanner.h"
#include "tests/check.h"
#include "tests/reference.h"
#include "tests/tiles_emulated.h"

namespace {

constexpr iiq::ScanMethod kEmulated{"emulated tiles",
                                    1,
                                    1,
                                    iiq::kNarrowBits,
                                    iiq::amx::query_bytes,
                                    iiq::amx::scratch_bytes,
                                    iiq::amx::run_blocks,
                                    iiq::amx::prepare,
                                    iiq::amx::scan<EmulatedTiles>};

struct Found {
    std::vector<std::vector<int>> distances;  // [query][code], -1 where not reported
    std::vector<std::uint32_t> limits;
};

void on_hit(void* sink, std::size_t query, std::uint64_t block, std::uint32_t lanes,
            const std::uint16_t* sums) {
    auto& found = *static_cast<Found*>(sink);
    for (std::size_t lane = 0; lane < 32; ++lane)
        if (lanes >> lane & 1) found.distances[query][32 * block + lane] = sums[lane];
    if (found.limits[query] > 3) --found.limits[query];  // limits fall as a search goes on
}

void check_scan(std::size_t n, std::size_t m, std::size_t n_bits) {
    const auto rows = reference::random_codes(n, n_bits, n_bits);
    const auto queries = reference::random_codes(m, n_bits, n_bits + 1);
    const std::size_t n_bytes = iiq::bytes_per_code(n_bits);
    const auto memory = iiq::make_buffer(iiq::blocks_for(n) * iiq::block_bytes(n_bits));
    iiq::to_blocks(rows.data(), n, n_bits, 1, memory.get());
    const iiq::BlockedCodes codes{memory.get(), n, n_bits};
    iiq::PreparedQueries prepared(kEmulated, n_bits, m);
    std::vector<std::uint16_t> words(codes.n_words());
    for (std::size_t q = 0; q < m; ++q) {
        iiq::to_words(&queries[q * n_bytes], n_bits, words.data());
        kEmulated.prepare(words.data(), n_bits, prepared.at(q));
    }
    const auto start = static_cast<std::uint32_t>(n_bits / 2 + 1);
    const std::size_t lanes = 32 * iiq::blocks_for(n);
    Found found{std::vector<std::vector<int>>(m, std::vector<int>(lanes, -1)),
                std::vector<std::uint32_t>(m, start)};
    iiq::scan_blocks(codes, prepared, 0, m, 0, codes.n_blocks(), found.limits.data(), on_hit,
                     &found);
    for (std::size_t q = 0; q < m; ++q)
        for (std::size_t i = 0; i < n; ++i) {
            const int distance =
                reference::hamming(&queries[q * n_bytes], &rows[i * n_bytes], n_bits);
            const int told = found.distances[q][i];
            // all below the final limit, none at or above the first one, and no other sum
            if (distance < static_cast<int>(found.limits[q])) CHECK_EQ(told, distance);
            if (told != -1) CHECK(told == distance && distance < static_cast<int>(start));
        }
    CHECK(!EmulatedTiles::configured);
}

}  // namespace

// Tiles that take the left side for signed: what the check at the start is there to find.
struct WrongTiles : EmulatedTiles {
    template <int c, int a, int b>
    static void multiply_add() {
        multiply_add_signed<c, a, b>();
    }
};

TEST(the_check_of_tile_products_finds_wrong_ones) {
    CHECK(iiq::tile_products_are_right<EmulatedTiles>());
    CHECK(!iiq::tile_products_are_right<WrongTiles>());
    CHECK(!EmulatedTiles::configured);
}

TEST(amx_kernel_on_emulated_tiles) {
    if (!iiq::available(iiq::Isa::avx512)) return;
    for (const std::size_t n_bits : {1, 7, 63, 64, 65, 75, 128, 150, 300, 513})
        check_scan(100, 40, n_bits);
    for (const std::size_t n : {1, 31, 32, 33, 3000}) check_scan(n, 5, 100);
    for (const std::size_t m : {1, 31, 32, 33, 64, 70}) check_scan(70, m, 100);
}
#endif
