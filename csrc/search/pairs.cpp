#include "search/pairs.h"

#include <algorithm>
#include <bit>

#include "base/threads.h"
#include "codes/blocks.h"
#include "kernels/search/table.h"
#include "search/scanner.h"
#include "search/search.h"

namespace iiq {
namespace {

constexpr std::uint64_t kGrainWords = 8 << 20;

// The pairs of one thread's queries; query q is code first + q.
struct Listener {
    const BlockedCodes& codes;
    std::uint64_t first;
    std::uint32_t limit;
    std::vector<Pair> pairs;
    std::vector<std::uint32_t> limits;
};

void on_hit(void* sink, std::size_t query, std::uint64_t block, std::uint32_t lanes,
            const std::uint16_t* sums) {
    auto& self = *static_cast<Listener*>(sink);
    const std::uint64_t i = self.first + query;
    lanes &= allowed_lanes(self.codes, nullptr, block);
    for (; lanes; lanes &= lanes - 1) {
        const auto lane = static_cast<unsigned>(std::countr_zero(lanes));
        const std::uint64_t j = block * kBlockCodes + lane;
        if (j > i && sums[lane] < self.limit)
            self.pairs.push_back({static_cast<std::int64_t>(i), static_cast<std::int64_t>(j),
                                  static_cast<std::int32_t>(sums[lane])});
    }
}

void scan_tile(const SearchKernels& kernels, Listener& self, std::uint64_t last) {
    const BlockedCodes& codes = self.codes;
    const std::size_t n = static_cast<std::size_t>(last - self.first);
    PreparedQueries prepared(choose_method(kernels, n, codes.n_bits), codes.n_bits, n);
    std::vector<std::uint8_t> row(bytes_per_code(codes.n_bits));
    std::vector<std::uint16_t> words(codes.n_words());
    for (std::size_t q = 0; q < n; ++q) {
        read_code(codes, self.first + q, row.data());
        to_words(row.data(), codes.n_bits, words.data());
        prepared.method.prepare(words.data(), codes.n_bits, prepared.at(q));
    }
    self.limits.assign(n, self.limit);
    scan_blocks(codes, prepared, 0, n, self.first / kBlockCodes, codes.n_blocks(),
                self.limits.data(), on_hit, &self);
}

void scan_narrow(const SearchKernels& kernels, Listener& self, std::uint64_t last) {
    for (; self.first < last; self.first += kMostQueries)
        scan_tile(kernels, self, std::min<std::uint64_t>(self.first + kMostQueries, last));
}

void scan_wide(Listener& self, std::uint64_t last, Isa isa) {
    const BlockedCodes& codes = self.codes;
    std::vector<std::uint8_t> row(bytes_per_code(codes.n_bits));
    std::vector<std::int32_t> distances(codes.n_codes);
    for (std::uint64_t i = self.first; i < last; ++i) {
        read_code(codes, i, row.data());
        all_distances(codes, row.data(), 1, isa, distances.data());
        for (std::uint64_t j = i + 1; j < codes.n_codes; ++j)
            if (static_cast<std::uint32_t>(distances[j]) < self.limit)
                self.pairs.push_back(
                    {static_cast<std::int64_t>(i), static_cast<std::int64_t>(j), distances[j]});
    }
}

}  // namespace

std::vector<Pair> pairs_within(const BlockedCodes& codes, std::uint64_t first, std::uint64_t last,
                               std::uint32_t max_distance, unsigned threads, Isa isa) {
    const std::uint32_t limit =
        std::min<std::uint32_t>(max_distance, static_cast<std::uint32_t>(codes.n_bits)) + 1;
    threads =
        useful_threads(threads, (last - first) * codes.n_codes * codes.n_words(), kGrainWords);
    std::vector<Listener> listeners(threads, Listener{codes, first, limit, {}, {}});
    parallel_ranges(last - first, threads, [&](unsigned part, std::uint64_t q0, std::uint64_t q1) {
        Listener& self = listeners[part];
        self.first = first + q0;
        if (codes.n_bits > kNarrowBits) return scan_wide(self, first + q1, isa);
        scan_narrow(search_kernels(isa), self, first + q1);
    });
    std::vector<Pair> pairs;
    for (const Listener& l : listeners) pairs.insert(pairs.end(), l.pairs.begin(), l.pairs.end());
    std::sort(pairs.begin(), pairs.end(), [](const Pair& a, const Pair& b) {
        return a.first < b.first || (a.first == b.first && a.second < b.second);
    });
    return pairs;
}

}  // namespace iiq
