// The codes that may be among the k best of one float query, while codes go by.
//
// What the kernels let through is summed in float32, so each score is known within narrow bounds.
// The k-th largest lower bound is what a code must be able to reach; the kernels' limit follows
// from it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "codes/layout.h"
#include "search/quantize.h"
#include "search/scales.h"

namespace iiq {

// A query as float32 sums need it.
class FloatQuery {
  public:
    FloatQuery(const SearchKernels& kernels, const float* query, std::size_t n_bits);

    // The dot product with the code as -1 and +1, at most `error` off.
    double dot(const BlockedCodes& codes, std::uint64_t id) const;

    const float* exact;  // as it came
    double total = 0;    // the sum of |q_j|
    double error = 0;

  private:
    const SearchKernels* kernels_;
    std::vector<float> numbers_;  // all below 1, so that no sum overflows; 0 up to a whole word
    double unit_ = 1, sum_ = 0;
};

// For each of `n` codes the sum over j of +q_j where bit j is set and -q_j where it is not, in
// float64, j ascending.
void exact_sums(const BlockedCodes& codes, const std::uint64_t* ids, std::size_t n,
                const float* query, double* sums);

// A keeper for Listener.
class Shortlist {
  public:
    // Of the k best; k >= 1. What is passed must outlive this.
    Shortlist(const BlockedCodes& codes, const Scales& scales, const FloatQuery& query,
              const Quantized& quantized, std::uint64_t k);

    // Ids ascend.
    void offer(std::uint32_t sum, std::uint64_t id);

    // Codes with sum + (slope * step >> 16) < limit may matter.
    std::uint32_t limit() const { return limit_; }
    std::uint32_t slope() const { return slope_; }

    // Append the ids of the codes that may matter.
    void collect(std::vector<std::uint64_t>& ids) const;

  private:
    struct Entry {
        Bounds score;
        std::uint64_t id;
    };
    void tighten();
    void drop_below();
    void make_exact();
    void set_limit();

    const BlockedCodes* codes_;
    const Scales* scales_;
    const FloatQuery* query_;
    Quantized quantized_;
    std::uint64_t k_;
    double least_;  // the k-th largest lower bound so far
    std::uint32_t limit_ = 0, slope_ = 0;
    std::vector<Entry> entries_;
    std::size_t full_;
};

}  // namespace iiq
