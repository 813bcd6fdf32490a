#include "search/asymmetric.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <utility>

#include "base/threads.h"
#include "kernels/search/table.h"
#include "search/listener.h"
#include "search/quantize.h"
#include "search/scanner.h"
#include "search/shortlist.h"

namespace iiq {
namespace {

constexpr std::uint64_t kGrainWords = 4 << 20;
// Queries whose tables or weights, and shortlists, are held at once: for large k fewer.
constexpr std::size_t kTileTables = 256, kTileWeights = kMostQueries, kLeastTile = 16;
constexpr std::uint64_t kTileEntries = std::uint64_t{1} << 20;

using Ids = std::vector<std::uint64_t>;
// Told once of each query which codes may matter; from several threads.
using Finish = std::function<void(std::size_t query, Ids& ids)>;

// Queries that are scanned together.
struct Tile {
    const BlockedCodes& codes;
    const AsymmetricRequest& request;
    std::size_t first_query;
    PreparedQueries prepared;
    std::vector<FloatQuery> queries = {};
    std::vector<Quantized> quantized = {};
};

Listener<Shortlist> listen(const Tile& tile, std::size_t q0, std::size_t q1) {
    const AsymmetricRequest& r = tile.request;
    std::vector<Shortlist> lists;
    for (std::size_t q = q0; q < q1; ++q)
        lists.emplace_back(tile.codes, r.scales, tile.queries[q], tile.quantized[q], r.k);
    return {tile.codes, r.mask, std::move(lists), r.scales.steps};
}

void scan_tile(const Tile& tile, const Finish& finish) {
    const std::size_t n_queries = tile.prepared.n_queries;
    const std::uint64_t n_blocks = tile.codes.n_blocks();
    const unsigned threads = useful_threads(
        tile.request.threads, n_queries * tile.codes.n_codes * tile.codes.n_words(), kGrainWords);
    if (n_queries >= 8 * threads) {
        parallel_ranges(n_queries, threads, [&](unsigned, std::uint64_t q0, std::uint64_t q1) {
            auto listener = listen(tile, q0, q1);
            listener.scan(tile.prepared, q0, 0, n_blocks);
            for (std::size_t q = q0; q < q1; ++q) {
                Ids found;
                listener.keepers[q - q0].collect(found);
                finish(tile.first_query + q, found);
            }
        });
        return;
    }
    std::vector<Listener<Shortlist>> listeners(threads, listen(tile, 0, n_queries));
    parallel_ranges(n_blocks, threads, [&](unsigned part, std::uint64_t b0, std::uint64_t b1) {
        listeners[part].scan(tile.prepared, 0, b0, b1);
    });
    for (std::size_t q = 0; q < n_queries; ++q) {
        Ids found;
        for (const auto& listener : listeners) listener.keepers[q].collect(found);
        finish(tile.first_query + q, found);
    }
}

Quantized prepare_weights(const WeightedScan& weighted, const float* query, std::size_t n_bits,
                          std::uint8_t* prepared) {
    std::vector<std::int8_t> weights;
    std::int32_t base = 0;
    const Quantized quantized = fill_weights(query, n_bits, weights, base);
    weighted.prepare(weights.data(), base, n_bits, prepared);
    return quantized;
}

// Codes too long for 16-bit sums: all that the mask lets through.
void finish_all(const BlockedCodes& codes, const AsymmetricRequest& r, const Finish& finish) {
    const std::uint64_t work = r.n_queries * codes.n_codes * codes.n_words();
    parallel_ranges(
        r.n_queries, useful_threads(r.threads, work, kGrainWords),
        [&](unsigned, std::uint64_t q0, std::uint64_t q1) {
            for (std::size_t q = q0; q < q1; ++q) {
                Ids all;
                for (std::uint64_t id = 0; id < codes.n_codes; ++id)
                    if (allowed_lanes(codes, r.mask, id / kBlockCodes) >> id % kBlockCodes & 1)
                        all.push_back(id);
                finish(q, all);
            }
        });
}

void for_each_query(const BlockedCodes& codes, const AsymmetricRequest& request, Isa isa,
                    const Finish& finish) {
    if (codes.n_bits > kNarrowBits) return finish_all(codes, request, finish);
    const SearchKernels& kernels = search_kernels(isa);
    const WeightedScan* weighted = kernels.weights;
    if (weighted &&
        (request.n_queries < weighted->scan.min_queries || codes.n_bits > weighted->scan.most_bits))
        weighted = nullptr;
    const TableScan& tables = choose_tables(kernels, request.n_queries, codes.n_bits);
    const ScanMethod& method = weighted ? weighted->scan : tables.scan;
    const auto tile_queries = static_cast<std::size_t>(std::clamp<std::uint64_t>(
        kTileEntries / request.k, kLeastTile, weighted ? kTileWeights : kTileTables));
    for (std::size_t first = 0; first < request.n_queries; first += tile_queries) {
        const std::size_t n = std::min(tile_queries, request.n_queries - first);
        Tile tile{codes, request, first, {method, codes.n_bits, n}};
        for (std::size_t q = 0; q < n; ++q) {
            const float* query = request.queries + (first + q) * codes.n_bits;
            std::uint8_t* at = tile.prepared.at(q);
            tile.queries.emplace_back(kernels, query, codes.n_bits);
            tile.quantized.push_back(weighted ? prepare_weights(*weighted, query, codes.n_bits, at)
                                              : fill_tables(query, codes.n_bits, tables, at));
        }
        scan_tile(tile, finish);
    }
}

// A code, its score and its sum.
struct Ranked {
    Bounds score;
    std::uint64_t id;
    double sum;
};

// From float64 sums, the first k in order: by what they score at least, ties by lower id.
std::vector<Ranked> rank(const BlockedCodes& codes, const AsymmetricRequest& r, std::size_t q,
                         const Ids& ids) {
    std::vector<double> sums(ids.size());
    exact_sums(codes, ids.data(), ids.size(), r.queries + q * codes.n_bits, sums.data());
    std::vector<Ranked> ranked;
    ranked.reserve(ids.size());
    for (std::size_t i = 0; i < ids.size(); ++i)
        ranked.push_back({score_bounds(sums[i], r.scales.of(ids[i])), ids[i], sums[i]});
    const auto k = static_cast<std::ptrdiff_t>(std::min<std::uint64_t>(r.k, ids.size()));
    std::partial_sort(
        ranked.begin(), ranked.begin() + k, ranked.end(), [](const Ranked& a, const Ranked& b) {
            return a.score.low > b.score.low || (a.score.low == b.score.low && a.id < b.id);
        });
    return ranked;
}

// What the sums of a query are divided by where there are no scales; infinity for a zero query.
double length(const float* query, std::size_t n_bits) {
    double squares = 0;
    for (std::size_t j = 0; j < n_bits; ++j) squares += static_cast<double>(query[j]) * query[j];
    const double length = std::sqrt(squares) * std::sqrt(static_cast<double>(n_bits));
    return length > 0 ? length : std::numeric_limits<double>::infinity();
}

}  // namespace

void search_asymmetric(const BlockedCodes& codes, const AsymmetricRequest& request, Isa isa,
                       float* scores, std::int64_t* ids) {
    const std::uint64_t k = request.k;
    const bool scaled = request.scales.steps != nullptr;
    for_each_query(codes, request, isa, [&](std::size_t q, const Ids& found) {
        const std::vector<Ranked> ranked = rank(codes, request, q, found);
        const double divisor =
            scaled ? 1 : length(request.queries + q * codes.n_bits, codes.n_bits);
        std::fill_n(scores + q * k, k, scaled ? -std::numeric_limits<float>::infinity() : -2.0f);
        std::fill_n(ids + q * k, k, -1);
        for (std::size_t i = 0; i < std::min<std::uint64_t>(k, ranked.size()); ++i) {
            scores[q * k + i] = static_cast<float>(ranked[i].score.low / divisor);
            ids[q * k + i] = static_cast<std::int64_t>(ranked[i].id);
        }
    });
}

Candidates candidates(const BlockedCodes& codes, const AsymmetricRequest& request, Isa isa) {
    std::vector<std::vector<Ranked>> kept(request.n_queries);
    for_each_query(codes, request, isa, [&](std::size_t q, const Ids& found) {
        std::vector<Ranked>& ranked = kept[q] = rank(codes, request, q, found);
        if (ranked.size() <= request.k) return;
        const auto rest = ranked.begin() + static_cast<std::ptrdiff_t>(request.k);
        const double least = (rest - 1)->score.low;
        // A score that is known to tie with the k-th best comes after it.
        ranked.erase(std::remove_if(rest, ranked.end(),
                                    [least](const Ranked& r) {
                                        return r.score.high < least ||
                                               (r.score.high == least && r.score.low == least);
                                    }),
                     ranked.end());
    });
    Candidates result{{0}, {}, {}};
    for (std::vector<Ranked>& ranked : kept) {
        std::sort(ranked.begin(), ranked.end(),
                  [](const Ranked& a, const Ranked& b) { return a.id < b.id; });
        for (const Ranked& r : ranked) {
            result.ids.push_back(static_cast<std::int64_t>(r.id));
            result.sums.push_back(r.sum);
        }
        result.offsets.push_back(static_cast<std::int64_t>(result.ids.size()));
    }
    return result;
}

}  // namespace iiq
