#include "search/collector.h"

#include <algorithm>

#include "base/prefetch.h"

namespace iiq {

void Collector::start(std::uint64_t k, std::uint32_t bound) {
    k_ = k;
    below_ = 0;
    limit_ = bound_ = bound;
    counts_.assign(bound, 0);
    full_ = static_cast<std::size_t>(2 * k + 64);
    entries_.clear();
    entries_.reserve(std::min(full_, kReserved));
}

void Collector::take(std::uint32_t sum, std::uint64_t id) {
    if (entries_.size() >= full_) compact();
    entries_.push_back(std::uint64_t{sum} << kIdBits | id);
    // Mostly not read until the end: the lines of many queries come from far away.
    write_soon(entries_.data() + std::min(entries_.size() + kAhead, entries_.capacity()));
    ++counts_[sum];
    ++below_;
    while (below_ >= k_) below_ -= counts_[--limit_];
}

// Entries above the limit can never come back. At most k have a sum of `limit` or less: when the
// limit passed a sum, the entries up to it were k, and later ones lie below.
void Collector::compact() {
    std::erase_if(entries_, [this](std::uint64_t e) { return sum_of(e) > limit_; });
}

void Collector::absorb(const Collector& later) {
    for (const std::uint64_t e : later.entries_) offer(sum_of(e), id_of(e));
}

std::size_t Collector::size() const {
    return static_cast<std::size_t>(limit_ < bound_ ? k_ : below_);
}

// A counting sort: stable, so equal sums stay in the order of their ids.
void Collector::finish(std::int32_t* sums, std::int64_t* ids) const {
    const std::size_t kept = size();
    std::vector<std::size_t> next(std::size_t{limit_} + 1);
    std::size_t start = 0;
    for (std::size_t s = 0; s < limit_; ++s) {
        next[s] = start;
        start += counts_[s];
    }
    next[limit_] = start;
    for (const std::uint64_t e : entries_) {
        if (sum_of(e) > limit_) continue;
        const std::size_t place = next[sum_of(e)]++;
        if (place >= kept) continue;  // ties at the limit beyond the k-th
        sums[place] = static_cast<std::int32_t>(sum_of(e));
        ids[place] = static_cast<std::int64_t>(id_of(e));
    }
}

}  // namespace iiq
