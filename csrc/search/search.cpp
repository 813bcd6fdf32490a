#include "search/search.h"

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "base/threads.h"
#include "codes/blocks.h"
#include "kernels/search/table.h"
#include "search/collector.h"
#include "search/listener.h"
#include "search/scanner.h"

namespace iiq {
namespace {

// Below this many words of codes against queries a second thread costs more than it gains.
constexpr std::uint64_t kGrainWords = 8 << 20;
// Queries whose collectors and prepared forms are held at once: for large k fewer, so that what
// they keep stays within some 16 MB.
constexpr std::size_t kTileQueries = kMostQueries;
constexpr std::size_t kLeastTile = 32;
constexpr std::uint64_t kTileEntries = std::uint64_t{1} << 20;

// The words of each query; for `furthest` of its complement, which turns far into near.
std::vector<std::uint16_t> query_words(const BlockedCodes& codes, const SearchRequest& r,
                                       std::size_t first, std::size_t last) {
    const std::size_t n_words = codes.n_words(), n_bytes = bytes_per_code(codes.n_bits);
    std::vector<std::uint16_t> words((last - first) * n_words);
    const unsigned used = (codes.n_bits - 1) % kWordBits + 1;
    for (std::size_t q = first; q < last; ++q) {
        std::uint16_t* out = words.data() + (q - first) * n_words;
        to_words(r.queries + q * n_bytes, codes.n_bits, out);
        if (!r.furthest) continue;
        for (std::size_t w = 0; w < n_words; ++w) out[w] = static_cast<std::uint16_t>(~out[w]);
        out[n_words - 1] &= static_cast<std::uint16_t>((1u << used) - 1);
    }
    return words;
}

// Codes longer than the kernels' 16-bit sums: distances in parts of the code, added up.
void wide_scan(const BlockedCodes& codes, const SearchKernels& kernels, const std::uint16_t* query,
               std::uint64_t first, std::uint64_t last, const std::uint32_t* mask,
               Collector& collector) {
    constexpr std::size_t kPart = kNarrowBits / kWordBits;
    for (std::uint64_t b = first; b < last; ++b) {
        std::uint32_t sums[kBlockCodes] = {};
        for (std::size_t w = 0; w < codes.n_words(); w += kPart) {
            std::uint16_t part[kBlockCodes];
            kernels.distances(query, codes.block(b), 1, codes.n_words(), w,
                              std::min(w + kPart, codes.n_words()), part);
            for (std::size_t lane = 0; lane < kBlockCodes; ++lane) sums[lane] += part[lane];
        }
        const std::uint32_t lanes = allowed_lanes(codes, mask, b);
        for (std::size_t lane = 0; lane < kBlockCodes; ++lane)
            if (lanes >> lane & 1) collector.offer(sums[lane], b * kBlockCodes + lane);
    }
}

struct Tile {
    const BlockedCodes& codes;
    const SearchRequest& request;
    const SearchKernels& kernels;
    std::vector<std::uint16_t> words;
    std::size_t n_queries;

    const std::uint16_t* query(std::size_t q) const { return words.data() + q * codes.n_words(); }
};

using Nearest = Listener<Collector>;

// A listener that keeps for each query the k best below its bound.
Nearest listen(const Tile& tile, std::uint64_t k, const std::vector<std::uint32_t>& bounds) {
    std::vector<Collector> collectors(bounds.size());
    for (std::size_t q = 0; q < bounds.size(); ++q) collectors[q].start(k, bounds[q]);
    return {tile.codes, tile.request.mask, std::move(collectors)};
}

// Scan a range of blocks for the listener's queries, the first being q0 of the tile, on the calling
// thread.
void scan_range(const Tile& tile, const PreparedQueries* prepared, std::size_t q0,
                std::uint64_t first, std::uint64_t last, Nearest& listener) {
    if (prepared) return listener.scan(*prepared, q0, first, last);
    for (std::size_t q = 0; q < listener.keepers.size(); ++q)
        wide_scan(tile.codes, tile.kernels, tile.query(q0 + q), first, last, tile.request.mask,
                  listener.keepers[q]);
}

void write_rows(const Tile& tile, const Nearest& listener, std::size_t first_query,
                std::int32_t* distances, std::int64_t* ids) {
    const SearchRequest& r = tile.request;
    const auto n_bits = static_cast<std::int32_t>(tile.codes.n_bits);
    for (std::size_t q = 0; q < listener.keepers.size(); ++q) {
        std::int32_t* d = distances + (first_query + q) * r.k;
        std::int64_t* i = ids + (first_query + q) * r.k;
        const std::size_t found = listener.keepers[q].size();
        listener.keepers[q].finish(d, i);
        std::fill(d + found, d + r.k, n_bits + 1);
        std::fill(i + found, i + r.k, -1);
        if (r.furthest) std::for_each(d, d + r.k, [n_bits](std::int32_t& x) { x = n_bits - x; });
    }
}

std::uint32_t full_bound(const Tile& tile) {
    const auto all = static_cast<std::uint32_t>(tile.codes.n_bits);
    return std::min(tile.request.max_distance, all) + 1;
}

// Where to start the limits. For large k a guess: a distance that, going by a sample of the codes,
// a little more than k codes come within. It spares most of the codes that would be kept only to be
// dropped, some k ln(n / k). A guess that proves too low (`retry` sees it) costs time, never
// exactness.
std::vector<std::uint32_t> first_bounds(const Tile& tile, const PreparedQueries* prepared,
                                        std::size_t q0, std::size_t q1) {
    constexpr std::uint64_t kLeastK = 32, kShare = 64, kLeastRuns = 4, kRun = 16;
    std::vector<std::uint32_t> bounds(q1 - q0, full_bound(tile));
    const SearchRequest& r = tile.request;
    if (!prepared || r.k < kLeastK) return bounds;
    if (tile.codes.n_blocks() < kLeastRuns * kShare * kRun) return bounds;
    // The expected rank of the k-th best among the sample, and three standard deviations more.
    const double expected = static_cast<double>(r.k) / kShare;
    const auto rank = static_cast<std::uint64_t>(expected + 3 * std::sqrt(expected) + 2);
    Nearest sample = listen(tile, rank, bounds);
    for (std::uint64_t b = 0; b + kRun <= tile.codes.n_blocks(); b += kShare * kRun)
        scan_range(tile, prepared, q0, b, b + kRun, sample);
    for (std::size_t q = 0; q < bounds.size(); ++q)
        if (sample.keepers[q].size() == rank)
            bounds[q] = std::min(bounds[q], sample.keepers[q].limit() + 1);
    return bounds;
}

// Search again, without a guess, for the queries whose guess let fewer than k codes through: each
// alone, by the way for one query.
void retry(const Tile& tile, std::size_t q0, const std::vector<std::uint32_t>& bounds,
           Nearest& listener) {
    for (std::size_t q = 0; q < bounds.size(); ++q) {
        if (bounds[q] == full_bound(tile) || listener.keepers[q].size() == tile.request.k) continue;
        PreparedQueries alone(tile.kernels.one, tile.codes.n_bits, 1);
        alone.method.prepare(tile.query(q0 + q), tile.codes.n_bits, alone.at(0));
        Nearest again = listen(tile, tile.request.k, {full_bound(tile)});
        scan_range(tile, &alone, 0, 0, tile.codes.n_blocks(), again);
        listener.keepers[q] = std::move(again.keepers[0]);
    }
}

// Many queries: each thread takes some of them over all codes, and nothing is merged.
void split_queries(const Tile& tile, const PreparedQueries* prepared, unsigned threads,
                   std::int32_t* distances, std::int64_t* ids) {
    parallel_ranges(tile.n_queries, threads, [&](unsigned, std::uint64_t q0, std::uint64_t q1) {
        const auto bounds = first_bounds(tile, prepared, q0, q1);
        Nearest listener = listen(tile, tile.request.k, bounds);
        scan_range(tile, prepared, q0, 0, tile.codes.n_blocks(), listener);
        retry(tile, q0, bounds, listener);
        write_rows(tile, listener, q0, distances, ids);
    });
}

// Few queries: each thread takes some of the codes; what they keep is put together in their order.
void split_codes(const Tile& tile, const PreparedQueries* prepared, unsigned threads,
                 std::int32_t* distances, std::int64_t* ids) {
    const auto bounds = first_bounds(tile, prepared, 0, tile.n_queries);
    std::vector<Nearest> listeners(threads, listen(tile, tile.request.k, bounds));
    parallel_ranges(tile.codes.n_blocks(), threads,
                    [&](unsigned part, std::uint64_t b0, std::uint64_t b1) {
                        scan_range(tile, prepared, 0, b0, b1, listeners[part]);
                    });
    for (unsigned part = 1; part < threads; ++part)
        for (std::size_t q = 0; q < tile.n_queries; ++q)
            listeners[0].keepers[q].absorb(listeners[part].keepers[q]);
    retry(tile, 0, bounds, listeners[0]);
    write_rows(tile, listeners[0], 0, distances, ids);
}

void search_tile(const Tile& tile, const PreparedQueries* prepared, std::int32_t* distances,
                 std::int64_t* ids) {
    const unsigned threads =
        useful_threads(tile.request.threads,
                       tile.n_queries * tile.codes.n_codes * tile.codes.n_words(), kGrainWords);
    const std::size_t enough = prepared ? 4 * prepared->method.min_queries : 1;
    if (tile.n_queries >= threads * std::max<std::size_t>(enough, 32))
        return split_queries(tile, prepared, threads, distances, ids);
    split_codes(tile, prepared, threads, distances, ids);
}

}  // namespace

void search(const BlockedCodes& codes, const SearchRequest& request, Isa isa,
            std::int32_t* distances, std::int64_t* ids) {
    const SearchKernels& kernels = search_kernels(isa);
    const std::size_t tile_queries = static_cast<std::size_t>(
        std::clamp<std::uint64_t>(kTileEntries / request.k, kLeastTile, kTileQueries));
    for (std::size_t first = 0; first < request.n_queries; first += tile_queries) {
        const std::size_t last = std::min(first + tile_queries, request.n_queries);
        const Tile tile{codes, request, kernels, query_words(codes, request, first, last),
                        last - first};
        std::int32_t* d = distances + first * request.k;
        std::int64_t* i = ids + first * request.k;
        if (codes.n_bits > kNarrowBits) {
            search_tile(tile, nullptr, d, i);
            continue;
        }
        PreparedQueries prepared(choose_method(kernels, last - first, codes.n_bits), codes.n_bits,
                                 last - first);
        for (std::size_t q = 0; q < last - first; ++q)
            prepared.method.prepare(tile.query(q), codes.n_bits, prepared.at(q));
        search_tile(tile, &prepared, d, i);
    }
}

void all_distances(const BlockedCodes& codes, const std::uint8_t* query, unsigned threads, Isa isa,
                   std::int32_t* distances) {
    const SearchKernels& kernels = search_kernels(isa);
    std::vector<std::uint16_t> words(codes.n_words());
    to_words(query, codes.n_bits, words.data());
    constexpr std::size_t kPart = kNarrowBits / kWordBits;
    const auto scan = [&](unsigned, std::uint64_t first, std::uint64_t last) {
        for (std::uint64_t b = first; b < last; ++b) {
            const std::uint64_t start = b * kBlockCodes;
            const auto lanes = std::min<std::uint64_t>(kBlockCodes, codes.n_codes - start);
            std::fill_n(distances + start, lanes, 0);
            for (std::size_t w = 0; w < codes.n_words(); w += kPart) {
                std::uint16_t part[kBlockCodes];
                kernels.distances(words.data(), codes.block(b), 1, codes.n_words(), w,
                                  std::min(w + kPart, codes.n_words()), part);
                for (std::size_t lane = 0; lane < lanes; ++lane)
                    distances[start + lane] += part[lane];
            }
        }
    };
    const std::uint64_t work = codes.n_codes * codes.n_words();
    parallel_ranges(codes.n_blocks(), useful_threads(threads, work, kGrainWords), scan);
}

}  // namespace iiq
