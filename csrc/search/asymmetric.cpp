#include "search/asymmetric.h"

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "base/threads.h"
#include "kernels/search/table.h"
#include "search/candidates.h"
#include "search/listener.h"
#include "search/quantise.h"
#include "search/scanner.h"

namespace iiq {
namespace {

constexpr std::uint64_t kGrainWords = 4 << 20;
// Queries whose tables or weights, and candidates, are held at once: for large k fewer.
constexpr std::size_t kTileTables = 64, kTileWeights = kMostQueries, kLeastTile = 16;
constexpr std::uint64_t kTileEntries = std::uint64_t{1} << 20;

// For each of `n` codes (at most kTogether) the sum over j of +q_j where bit j is set and -q_j
// where it is not, j ascending. Together, since each addition must wait for the one before it.
constexpr std::size_t kTogether = 8;
void exact_sums(const BlockedCodes& codes, const std::uint64_t* ids, std::size_t n,
                const float* query, double* sums) {
    const std::uint8_t* words[kTogether];
    for (std::size_t i = 0; i < kTogether; ++i) {
        const std::uint64_t id = ids[std::min(i, n - 1)];
        words[i] = codes.block(id / kBlockCodes) + 2 * (id % kBlockCodes);
    }
    double running[kTogether] = {};
    for (std::size_t j = 0; j < codes.n_bits; ++j) {
        const std::size_t byte = (j / kWordBits) * kRowBytes + j / 8 % 2;
        const double signed_q[2] = {-static_cast<double>(query[j]), query[j]};
        for (std::size_t i = 0; i < kTogether; ++i)
            running[i] += signed_q[words[i][byte] >> j % 8 & 1];
    }
    std::copy_n(running, n, sums);
}

// Sum the candidates (ids ascending) exactly, and write the k best of them.
void rank(const BlockedCodes& codes, const float* query, std::uint64_t k,
          const std::vector<std::uint64_t>& ids, float* out_scores, std::int64_t* out_ids) {
    struct Ranked {
        double sum;
        std::uint64_t id;
    };
    std::vector<Ranked> ranked;
    ranked.reserve(ids.size());
    for (std::size_t first = 0; first < ids.size(); first += kTogether) {
        const std::size_t n = std::min(kTogether, ids.size() - first);
        double sums[kTogether];
        exact_sums(codes, &ids[first], n, query, sums);
        for (std::size_t i = 0; i < n; ++i) ranked.push_back({sums[i], ids[first + i]});
    }
    const auto better = [](const Ranked& a, const Ranked& b) {
        return a.sum > b.sum || (a.sum == b.sum && a.id < b.id);
    };
    const auto found = static_cast<std::ptrdiff_t>(std::min<std::uint64_t>(k, ranked.size()));
    std::partial_sort(ranked.begin(), ranked.begin() + found, ranked.end(), better);
    double squares = 0;
    for (std::size_t j = 0; j < codes.n_bits; ++j)
        squares += static_cast<double>(query[j]) * query[j];
    const double scale = std::sqrt(squares) * std::sqrt(static_cast<double>(codes.n_bits));
    for (std::ptrdiff_t i = 0; i < found; ++i) {
        out_scores[i] = scale > 0 ? static_cast<float>(ranked[i].sum / scale) : 0.0f;
        out_ids[i] = static_cast<std::int64_t>(ranked[i].id);
    }
    std::fill(out_scores + found, out_scores + k, -2.0f);
    std::fill(out_ids + found, out_ids + k, -1);
}

struct Tile {
    const BlockedCodes& codes;
    const AsymmetricRequest& request;
    const PreparedQueries& prepared;
    const std::vector<Quantised>& quantised;
    std::size_t first_query;

    const float* query(std::size_t q) const {
        return request.queries + (first_query + q) * codes.n_bits;
    }
};

using Shortlists = Listener<Candidates>;

// A listener that keeps for queries q0 .. q1 - 1 of the tile what may be among the k best.
Shortlists listen(const Tile& tile, std::size_t q0, std::size_t q1) {
    std::vector<Candidates> candidates(q1 - q0);
    for (std::size_t q = q0; q < q1; ++q)
        candidates[q - q0].start(tile.request.k, tile.quantised[q].bound, tile.quantised[q].margin);
    return {tile.codes, tile.request.mask, std::move(candidates)};
}

void search_tile(const Tile& tile, float* scores, std::int64_t* ids) {
    const AsymmetricRequest& r = tile.request;
    const std::size_t n_queries = tile.prepared.n_queries;
    const std::uint64_t n_blocks = tile.codes.n_blocks();
    const unsigned threads = useful_threads(
        r.threads, n_queries * tile.codes.n_codes * tile.codes.n_words(), kGrainWords);
    const auto finish = [&](std::size_t q, const std::vector<std::uint64_t>& found) {
        rank(tile.codes, tile.query(q), r.k, found, scores + q * r.k, ids + q * r.k);
    };
    if (n_queries >= 8 * threads) {
        parallel_ranges(n_queries, threads, [&](unsigned, std::uint64_t q0, std::uint64_t q1) {
            Shortlists listener = listen(tile, q0, q1);
            listener.scan(tile.prepared, q0, 0, n_blocks);
            for (std::size_t q = q0; q < q1; ++q) {
                std::vector<std::uint64_t> found;
                listener.keepers[q - q0].collect(found);
                finish(q, found);
            }
        });
        return;
    }
    std::vector<Shortlists> listeners(threads, listen(tile, 0, n_queries));
    parallel_ranges(n_blocks, threads, [&](unsigned part, std::uint64_t b0, std::uint64_t b1) {
        listeners[part].scan(tile.prepared, 0, b0, b1);
    });
    for (std::size_t q = 0; q < n_queries; ++q) {
        std::vector<std::uint64_t> found;
        for (const Shortlists& listener : listeners) listener.keepers[q].collect(found);
        finish(q, found);
    }
}

Quantised prepare_weights(const WeightedScan& weighted, const float* query, std::size_t n_bits,
                          std::uint8_t* prepared) {
    std::vector<std::int8_t> weights;
    std::int32_t base = 0;
    const Quantised quantised = fill_weights(query, n_bits, weights, base);
    weighted.prepare(weights.data(), base, n_bits, prepared);
    return quantised;
}

// Codes too long for 16-bit sums: every code is a candidate.
void rank_all(const BlockedCodes& codes, const AsymmetricRequest& r, std::size_t q, float* scores,
              std::int64_t* ids) {
    std::vector<std::uint64_t> all;
    for (std::uint64_t id = 0; id < codes.n_codes; ++id)
        if (allowed_lanes(codes, r.mask, id / kBlockCodes) >> id % kBlockCodes & 1)
            all.push_back(id);
    rank(codes, r.queries + q * codes.n_bits, r.k, all, scores + q * r.k, ids + q * r.k);
}

}  // namespace

void search_asymmetric(const BlockedCodes& codes, const AsymmetricRequest& request, Isa isa,
                       float* scores, std::int64_t* ids) {
    if (codes.n_bits > kNarrowBits) {
        const std::uint64_t work = request.n_queries * codes.n_codes * codes.n_words();
        parallel_ranges(request.n_queries, useful_threads(request.threads, work, kGrainWords),
                        [&](unsigned, std::uint64_t q0, std::uint64_t q1) {
                            for (std::size_t q = q0; q < q1; ++q)
                                rank_all(codes, request, q, scores, ids);
                        });
        return;
    }
    const SearchKernels& kernels = search_kernels(isa);
    const WeightedScan* weighted = kernels.weights;
    if (weighted &&
        (request.n_queries < weighted->scan.min_queries || codes.n_bits > weighted->scan.most_bits))
        weighted = nullptr;
    const auto tile_queries = static_cast<std::size_t>(std::clamp<std::uint64_t>(
        kTileEntries / request.k, kLeastTile, weighted ? kTileWeights : kTileTables));
    for (std::size_t first = 0; first < request.n_queries; first += tile_queries) {
        const std::size_t n = std::min(tile_queries, request.n_queries - first);
        PreparedQueries prepared(weighted ? weighted->scan : kernels.tables, codes.n_bits, n);
        std::vector<Quantised> quantised(n);
        for (std::size_t q = 0; q < n; ++q) {
            const float* query = request.queries + (first + q) * codes.n_bits;
            quantised[q] = weighted
                               ? prepare_weights(*weighted, query, codes.n_bits, prepared.at(q))
                               : fill_tables(query, codes.n_bits, prepared.at(q));
        }
        const Tile tile{codes, request, prepared, quantised, first};
        search_tile(tile, scores + first * request.k, ids + first * request.k);
    }
}

}  // namespace iiq
