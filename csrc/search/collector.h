// The k smallest of a stream of (sum, id), ids ascending: what one query keeps while codes go by.
//
// A histogram of the sums kept so far says at once how low a sum must be to matter (the limit), and
// sorts the result by counting. Because ids come in ascending order and only a sum strictly below
// the limit is taken, ties fall to the lower id. Cost: a few nanoseconds for each sum below the
// limit, about k (1 + ln(n / k)) of them in a random order; memory: one counter for each possible
// sum and at most 2 k + 64 entries.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace iiq {

class Collector {
  public:
    // Keep the k smallest sums below `bound` (so `bound` is the first limit). 1 <= k < 2^32; sums
    // below 2^24, ids below 2^40.
    void start(std::uint64_t k, std::uint32_t bound);

    // Take (sum, id) if it is below the limit; id is above all ids taken before.
    void offer(std::uint32_t sum, std::uint64_t id) {
        if (sum < limit_) take(sum, id);
    }
    // Offer what another collector holds; its ids are all above this one's.
    void absorb(const Collector& later);

    // Only a smaller sum can still matter.
    std::uint32_t limit() const { return limit_; }
    // How many entries the result has.
    std::size_t size() const;
    // Write the result, ascending by (sum, id), to arrays of size().
    void finish(std::int32_t* sums, std::int64_t* ids) const;

  private:
    // An entry is 8 bytes, sum and id: what is kept must stay in the cache.
    static constexpr int kIdBits = 40;
    static constexpr std::size_t kAhead = 16;       // entries: two lines
    static constexpr std::size_t kReserved = 4096;  // entries: more only where they are needed
    static std::uint32_t sum_of(std::uint64_t entry) {
        return static_cast<std::uint32_t>(entry >> kIdBits);
    }
    static std::uint64_t id_of(std::uint64_t entry) {
        return entry & ((std::uint64_t{1} << kIdBits) - 1);
    }
    void take(std::uint32_t sum, std::uint64_t id);
    void compact();

    std::uint64_t k_ = 0;
    std::uint64_t below_ = 0;  // entries with a sum below the limit: always < k
    std::uint32_t limit_ = 0;
    std::uint32_t bound_ = 0;
    std::vector<std::uint32_t> counts_;   // counts_[s]: entries taken with sum s
    std::vector<std::uint64_t> entries_;  // in the order of their ids
    std::size_t full_ = 0;
};

}  // namespace iiq
