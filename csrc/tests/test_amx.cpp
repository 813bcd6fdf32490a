// The AMX kernel with its tile instructions emulated, so that it is tested on CPUs without AMX (its
// other instructions are AVX-512's, so not on all), and with the real ones where there is AMX.
#include "kernels/cpu.h"

#if defined(__x86_64__)
#include <cstdlib>
#include <random>

#include "codes/blocks.h"
#include "kernels/search/amx.h"
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
                                    nullptr,
                                    iiq::amx::scan<EmulatedTiles>};

// A query of weights -120 to 120; its base makes all sums 0 or more.
struct Query {
    std::vector<std::int8_t> weights;
    std::int32_t base = 0;

    Query(std::size_t n_bits, std::mt19937_64& random) : weights(n_bits) {
        for (std::int8_t& weight : weights) {
            weight = static_cast<std::int8_t>(static_cast<int>(random() % 241) - 120);
            if (weight < 0) base -= weight;
        }
    }
    int sum(const std::uint8_t* code) const {
        int total = base;
        for (std::size_t j = 0; j < weights.size(); ++j)
            if (code[j / 8] >> j % 8 & 1) total += weights[j];
        return total;
    }
    std::uint32_t bound() const {
        std::uint32_t most = 1;
        for (const int weight : weights) most += static_cast<std::uint32_t>(std::abs(weight));
        return most;
    }
};

struct Found {
    std::vector<std::vector<int>> sums;  // [query][code], -1 where not reported
    std::vector<std::uint32_t> limits, slopes;
};

void on_hit(void* sink, std::size_t query, std::uint64_t block, std::uint32_t lanes,
            const std::uint16_t* sums) {
    auto& found = *static_cast<Found*>(sink);
    for (std::size_t lane = 0; lane < 32; ++lane)
        if (lanes >> lane & 1) found.sums[query][32 * block + lane] = sums[lane];
    found.limits[query] -= found.limits[query] / 64;  // limits fall as a search goes on
    found.slopes[query] += found.slopes[query] / 32;  // and slopes rise
}

// All codes below the final limit are told of, none at or above the first one, and no other sum.
// `first` and `last`: the sum and the limit at the start and at the end.
struct SumAndLimit {
    int sum;
    std::uint32_t limit;
    bool is_below() const { return sum < static_cast<int>(limit); }
};
void check_told(int told, SumAndLimit first, SumAndLimit last) {
    if (told == -1) {
        CHECK(!last.is_below());
        return;
    }
    CHECK(told >= first.sum && told <= last.sum);
    CHECK(first.is_below());
}

void check_scan(const iiq::ScanMethod& method, std::size_t n, std::size_t m, std::size_t n_bits,
                bool with_steps) {
    const auto rows = reference::random_codes(n, n_bits, n_bits);
    const std::size_t n_bytes = iiq::bytes_per_code(n_bits);
    const auto memory = iiq::make_buffer(iiq::blocks_for(n) * iiq::block_bytes(n_bits));
    iiq::to_blocks(rows.data(), n, n_bits, 1, memory.get());
    const iiq::BlockedCodes codes{memory.get(), n, n_bits};
    iiq::PreparedQueries prepared(method, n_bits, m);
    std::mt19937_64 random(n_bits);
    std::vector<Query> queries;
    std::vector<std::uint32_t> starts;
    for (std::size_t q = 0; q < m; ++q) {
        const Query& query = queries.emplace_back(n_bits, random);
        iiq::amx::prepare(query.weights.data(), query.base, n_bits, prepared.at(q));
        starts.push_back(q % 5 ? query.bound() / 2 + 1 : query.bound());
    }
    const std::size_t lanes = 32 * iiq::blocks_for(n);
    std::vector<std::uint16_t> steps(lanes);
    for (std::uint16_t& step : steps) step = static_cast<std::uint16_t>(random());
    std::vector<std::uint32_t> slopes(m);
    for (std::uint32_t& slope : slopes) slope = with_steps ? random() % 200 : 0;
    Found found{std::vector<std::vector<int>>(m, std::vector<int>(lanes, -1)), starts, slopes};
    const iiq::Limits limits{found.limits.data(), with_steps ? steps.data() : nullptr,
                             found.slopes.data()};
    iiq::scan_blocks(codes, prepared, 0, m, 0, codes.n_blocks(), limits, on_hit, &found);
    for (std::size_t q = 0; q < m; ++q)
        for (std::size_t i = 0; i < n; ++i) {
            const auto with = [&](std::uint32_t slope) {
                return queries[q].sum(&rows[i * n_bytes]) +
                       static_cast<int>(slope * steps[i] >> 16);
            };
            check_told(found.sums[q][i], {with(slopes[q]), starts[q]},
                       {with(found.slopes[q]), found.limits[q]});
        }
}

// One to five chunks of weights stay in tiles, of more the first four; 300 codes are several
// groups.
void check_scans(const iiq::ScanMethod& method) {
    for (const bool steps : {false, true}) {
        for (const std::size_t n_bits : {1, 7, 63, 64, 65, 75, 128, 150, 192, 256, 300, 384, 513})
            check_scan(method, 300, 40, n_bits, steps);
        for (const std::size_t n : {1, 15, 16, 31, 32, 33, 63, 64, 65, 128, 192, 200, 3000})
            check_scan(method, n, 5, 100, steps);
        for (const std::size_t m : {1, 15, 16, 17, 31, 32, 33, 64, 70})
            check_scan(method, 70, m, 100, steps);
    }
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

TEST_WITH(iiq::Isa::avx512, amx_kernel_on_emulated_tiles) {
    check_scans(kEmulated);
    CHECK(!EmulatedTiles::configured);
}

TEST_WITH(iiq::Isa::amx, amx_kernel_where_there_is_amx) {
    check_scans(iiq::search_kernels(iiq::Isa::amx).weights->scan);
    // several runs
    check_scan(iiq::search_kernels(iiq::Isa::amx).weights->scan, 70000, 64, 100, true);
}
#endif
