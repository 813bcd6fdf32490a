#include "search/pairs.h"

#include <algorithm>
#include <utility>

#include "base/threads.h"
#include "codes/blocks.h"
#include "kernels/search/table.h"
#include "search/listener.h"
#include "search/scanner.h"
#include "search/search.h"

namespace iiq {
namespace {

constexpr std::uint64_t kGrainWords = 8 << 20;

// What one thread looks for: the pairs of codes first .. last - 1, with a distance below `limit`.
struct Task {
    const BlockedCodes& codes;
    std::uint64_t first, last;
    std::uint32_t limit;
};

// The keeper of code `first`: its pairs with later codes.
class Partners {
  public:
    Partners(std::uint64_t first, std::uint32_t limit, std::vector<Pair>& pairs)
        : first_(first), limit_(limit), pairs_(&pairs) {}

    void offer(std::uint32_t distance, std::uint64_t id) {
        if (id > first_ && distance < limit_)
            pairs_->push_back({static_cast<std::int64_t>(first_), static_cast<std::int64_t>(id),
                               static_cast<std::int32_t>(distance)});
    }
    std::uint32_t limit() const { return limit_; }

  private:
    std::uint64_t first_;
    std::uint32_t limit_;
    std::vector<Pair>* pairs_;
};

void scan_tile(const SearchKernels& kernels, const Task& tile, std::vector<Pair>& pairs) {
    const BlockedCodes& codes = tile.codes;
    const std::size_t n = static_cast<std::size_t>(tile.last - tile.first);
    PreparedQueries prepared(choose_method(kernels, n, codes.n_bits), codes.n_bits, n);
    std::vector<std::uint8_t> row(bytes_per_code(codes.n_bits));
    std::vector<std::uint16_t> words(codes.n_words());
    std::vector<Partners> partners;
    for (std::size_t q = 0; q < n; ++q) {
        read_code(codes, tile.first + q, row.data());
        to_words(row.data(), codes.n_bits, words.data());
        prepared.method.prepare(words.data(), codes.n_bits, prepared.at(q));
        partners.emplace_back(tile.first + q, tile.limit, pairs);
    }
    Listener<Partners> listener(codes, nullptr, std::move(partners));
    listener.scan(prepared, 0, tile.first / kBlockCodes, codes.n_blocks());
}

void scan_narrow(const SearchKernels& kernels, const Task& task, std::vector<Pair>& pairs) {
    for (std::uint64_t first = task.first; first < task.last; first += kMostQueries) {
        const std::uint64_t last = std::min<std::uint64_t>(first + kMostQueries, task.last);
        scan_tile(kernels, {task.codes, first, last, task.limit}, pairs);
    }
}

void scan_wide(Isa isa, const Task& task, std::vector<Pair>& pairs) {
    const BlockedCodes& codes = task.codes;
    std::vector<std::uint8_t> row(bytes_per_code(codes.n_bits));
    std::vector<std::int32_t> distances(codes.n_codes);
    for (std::uint64_t i = task.first; i < task.last; ++i) {
        read_code(codes, i, row.data());
        all_distances(codes, row.data(), 1, isa, distances.data());
        Partners partners(i, task.limit, pairs);
        for (std::uint64_t j = i + 1; j < codes.n_codes; ++j)
            partners.offer(static_cast<std::uint32_t>(distances[j]), j);
    }
}

}  // namespace

std::vector<Pair> pairs_within(const BlockedCodes& codes, std::uint64_t first, std::uint64_t last,
                               std::uint32_t max_distance, unsigned threads, Isa isa) {
    const std::uint32_t limit =
        std::min<std::uint32_t>(max_distance, static_cast<std::uint32_t>(codes.n_bits)) + 1;
    threads =
        useful_threads(threads, (last - first) * codes.n_codes * codes.n_words(), kGrainWords);
    std::vector<std::vector<Pair>> found(threads);
    parallel_ranges(last - first, threads, [&](unsigned part, std::uint64_t q0, std::uint64_t q1) {
        const Task task{codes, first + q0, first + q1, limit};
        std::vector<Pair> mine;
        if (codes.n_bits > kNarrowBits)
            scan_wide(isa, task, mine);
        else
            scan_narrow(search_kernels(isa), task, mine);
        found[part] = std::move(mine);
    });
    std::vector<Pair> pairs;
    for (const auto& part : found) pairs.insert(pairs.end(), part.begin(), part.end());
    std::sort(pairs.begin(), pairs.end(), [](const Pair& a, const Pair& b) {
        return a.first < b.first || (a.first == b.first && a.second < b.second);
    });
    return pairs;
}

}  // namespace iiq
