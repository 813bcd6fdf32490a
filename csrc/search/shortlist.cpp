#include "search/shortlist.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace iiq {
namespace {

constexpr double kAnything = -std::numeric_limits<double>::infinity();
// Above every sum of the kernels.
constexpr std::uint32_t kNoLimit = 65535;

const std::uint8_t* first_word(const BlockedCodes& codes, std::uint64_t id) {
    return codes.block(id / kBlockCodes) + 2 * (id % kBlockCodes);
}

}  // namespace

FloatQuery::FloatQuery(const SearchKernels& kernels, const float* query, std::size_t n_bits)
    : exact(query), kernels_(&kernels), numbers_(words_per_code(n_bits) * kWordBits) {
    double largest = 0;
    for (std::size_t j = 0; j < n_bits; ++j) {
        sum_ += query[j];
        const double size = std::abs(static_cast<double>(query[j]));
        total += size;
        largest = std::max(largest, size);
    }
    int exponent = 0;
    std::frexp(largest, &exponent);
    unit_ = std::ldexp(1.0, exponent);
    for (std::size_t j = 0; j < n_bits; ++j) numbers_[j] = static_cast<float>(query[j] / unit_);
    // Twice what sums of set bits, doubled, can be off by covers what else is rounded on the way to
    // a limit.
    error = (static_cast<double>(n_bits) / 8 + 16) * std::ldexp(total, -22);
}

double FloatQuery::dot(const BlockedCodes& codes, std::uint64_t id) const {
    const float set = kernels_->sum_of_set(numbers_.data(), first_word(codes, id), codes.n_words());
    return unit_ * (2.0 * set) - sum_;
}

// Several codes together, since each addition must wait for the one before it.
void exact_sums(const BlockedCodes& codes, const std::uint64_t* ids, std::size_t n,
                const float* query, double* sums) {
    constexpr std::size_t kTogether = 8;
    for (std::size_t first = 0; first < n; first += kTogether) {
        const std::size_t last = std::min(first + kTogether, n);
        const std::uint8_t* words[kTogether];
        for (std::size_t i = 0; i < kTogether; ++i)
            words[i] = first_word(codes, ids[std::min(first + i, last - 1)]);
        double running[kTogether] = {};
        for (std::size_t j = 0; j < codes.n_bits; ++j) {
            const std::size_t byte = (j / kWordBits) * kRowBytes + j / 8 % 2;
            const double signed_q[2] = {-static_cast<double>(query[j]), query[j]};
            for (std::size_t i = 0; i < kTogether; ++i)
                running[i] += signed_q[words[i][byte] >> j % 8 & 1];
        }
        std::copy_n(running, last - first, sums + first);
    }
}

Shortlist::Shortlist(const BlockedCodes& codes, const Scales& scales, const FloatQuery& query,
                     const Quantized& quantized, std::uint64_t k)
    : codes_(&codes),
      scales_(&scales),
      query_(&query),
      quantized_(quantized),
      k_(k),
      least_(kAnything),
      full_(static_cast<std::size_t>(k + k / 4 + 4)) {
    set_limit();
}

void Shortlist::offer(std::uint32_t, std::uint64_t id) {
    const double dot = query_->dot(*codes_, id);
    const Bounds scale = scales_->of(id);
    const double low = score_bounds(dot - query_->error, scale).low;
    const double high = score_bounds(dot + query_->error, scale).high;
    // Known to tie with the k-th best, it comes after it.
    if (high < least_ || (high == least_ && low == high)) return;
    entries_.push_back({{low, high}, id});
    if (entries_.size() >= full_) tighten();
}

void Shortlist::tighten() {
    const auto kth = entries_.begin() + static_cast<std::ptrdiff_t>(k_ - 1);
    std::nth_element(entries_.begin(), kth, entries_.end(),
                     [](const Entry& a, const Entry& b) { return a.score.low > b.score.low; });
    least_ = std::max(least_, kth->score.low);
    drop_below();
    // So many that cannot be told apart are seen through, lest they be all codes.
    constexpr std::size_t kCrowd = 4096;
    if (entries_.size() >= 2 * k_ + kCrowd) make_exact();
    full_ = std::max(full_, entries_.size() + entries_.size() / 2);
    set_limit();
}

void Shortlist::drop_below() {
    std::erase_if(entries_, [this](const Entry& e) { return e.score.high < least_; });
}

// With exact scales leave the k best alone, with ties by the lower id.
void Shortlist::make_exact() {
    std::vector<std::uint64_t> ids;
    ids.reserve(entries_.size());
    for (const Entry& e : entries_) ids.push_back(e.id);
    std::vector<double> sums(ids.size());
    exact_sums(*codes_, ids.data(), ids.size(), query_->exact, sums.data());
    for (std::size_t i = 0; i < ids.size(); ++i)
        entries_[i].score = score_bounds(sums[i], scales_->of(ids[i]));
    std::sort(entries_.begin(), entries_.end(), [](const Entry& a, const Entry& b) {
        return a.score.low > b.score.low || (a.score.low == b.score.low && a.id < b.id);
    });
    least_ = std::max(least_, entries_[k_ - 1].score.low);
    std::size_t n = 0;
    for (const Entry& e : entries_)
        if (n < k_ || e.score.high > least_ || e.score.low < e.score.high) entries_[n++] = e;
    entries_.resize(n);
    drop_below();
}

// dot = total - 2 cost, and a code matters if dot >= least * scale; its scale is at least its
// steps in units. Two units more: for the last sum that matters, and for rounding.
void Shortlist::set_limit() {
    const double half = 1 / (2 * quantized_.unit);
    const bool scaled = scales_->steps != nullptr;
    slope_ = 0;
    limit_ = kNoLimit;
    if (least_ == kAnything || (scaled && !(least_ > 0))) return;
    const double reach = scaled ? query_->total : query_->total - least_;
    const double limit = std::floor(reach * half + quantized_.excess) + 2;
    limit_ = static_cast<std::uint32_t>(std::clamp(limit, 0.0, double{kNoLimit}));
    if (scaled)
        slope_ = static_cast<std::uint32_t>(
            std::min(std::floor(65536 * least_ * scales_->unit * half), 65535.0));
}

void Shortlist::collect(std::vector<std::uint64_t>& ids) const {
    for (const Entry& e : entries_)
        if (e.score.high >= least_) ids.push_back(e.id);
}

}  // namespace iiq
