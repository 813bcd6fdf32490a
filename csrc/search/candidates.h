// Codes that may belong to the k with the smallest sums, when a sum is known only up to an error.
//
// As collector.h, but what lies within `margin` of the k-th smallest sum is kept too. The histogram
// has bins of 2^shift sums, so the limit is at most one bin too high: a few codes more, none
// missed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace iiq {

class Candidates {
  public:
    // Sums are below `bound`. k >= 1.
    void start(std::uint64_t k, std::uint32_t bound, std::uint32_t margin);

    void offer(std::uint32_t sum, std::uint64_t id) {
        if (sum < limit_) take(sum, id);
    }
    std::uint32_t limit() const { return limit_; }

    // Append the ids of the codes that may matter.
    void collect(std::vector<std::uint64_t>& ids) const;

  private:
    struct Entry {
        std::uint64_t id;
        std::uint32_t sum;
    };
    void take(std::uint32_t sum, std::uint64_t id);

    std::uint64_t k_ = 0;
    std::uint64_t below_ = 0;  // entries in bins below top_: always < k
    std::uint32_t top_ = 0;    // the first bin that does not matter any more, margin aside
    std::uint32_t limit_ = 0;
    std::uint32_t bound_ = 0;
    std::uint32_t margin_ = 0;
    std::vector<std::uint64_t> counts_;
    std::vector<Entry> entries_;
    std::size_t full_ = 0;
};

}  // namespace iiq
