#include "search/candidates.h"

#include <algorithm>

namespace iiq {
namespace {

constexpr unsigned kShift = 4;

}  // namespace

void Candidates::start(std::uint64_t k, std::uint32_t bound, std::uint32_t margin) {
    k_ = k;
    below_ = 0;
    limit_ = bound_ = bound;
    margin_ = margin;
    top_ = (bound >> kShift) + 1;
    counts_.assign(top_, 0);
    entries_.clear();
    full_ = static_cast<std::size_t>(4 * k + 256);
}

void Candidates::take(std::uint32_t sum, std::uint64_t id) {
    if (entries_.size() >= full_) {
        std::erase_if(entries_, [this](const Entry& e) { return e.sum >= limit_; });
        full_ = std::max(full_, 2 * entries_.size());
    }
    entries_.push_back({id, sum});
    const std::uint32_t bin = sum >> kShift;
    if (bin >= top_) return;  // within the margin, but not among the k smallest
    ++counts_[bin];
    ++below_;
    if (below_ < k_) return;
    while (below_ >= k_) below_ -= counts_[--top_];
    // The k-th smallest sum so far lies in bin top_.
    limit_ = std::min(bound_, ((top_ + 1) << kShift) + margin_);
}

void Candidates::collect(std::vector<std::uint64_t>& ids) const {
    for (const Entry& e : entries_)
        if (e.sum < limit_) ids.push_back(e.id);
}

}  // namespace iiq
