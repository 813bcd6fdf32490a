// What one thread hears of the hits of its queries: a keeper for each query, and its limit.
//
// A keeper has offer(sum, id), told of every code whose sum is below its limit, ids ascending; and
// limit(), which offer may lower. Where there are steps (Scan) it also has slope().
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "codes/layout.h"
#include "search/scanner.h"

namespace iiq {

template <class Keeper>
class Listener {
  public:
    // Of the codes only those that the mask (or null) lets through are offered.
    Listener(const BlockedCodes& codes, const std::uint32_t* mask, std::vector<Keeper> keepers,
             const std::uint16_t* steps = nullptr)
        : keepers(std::move(keepers)), codes_(codes), mask_(mask), steps_(steps) {
        limits_.resize(this->keepers.size());
        if (steps) slopes_.resize(this->keepers.size());
        for (std::size_t q = 0; q < limits_.size(); ++q) read_limit(q);
    }

    // Scan blocks first .. last - 1 for queries q0, q0 + 1, ...: one for each keeper.
    void scan(const PreparedQueries& queries, std::size_t q0, std::uint64_t first,
              std::uint64_t last) {
        scan_blocks(codes_, queries, q0, q0 + keepers.size(), first, last,
                    {limits_.data(), steps_, slopes_.data()}, on_hit, this);
    }

    std::vector<Keeper> keepers;

  private:
    static void on_hit(void* sink, std::size_t query, std::uint64_t block, std::uint32_t lanes,
                       const std::uint16_t* sums) {
        auto& self = *static_cast<Listener*>(sink);
        Keeper& keeper = self.keepers[query];
        lanes &= allowed_lanes(self.codes_, self.mask_, block);
        for (; lanes; lanes &= lanes - 1) {
            const auto lane = static_cast<unsigned>(std::countr_zero(lanes));
            keeper.offer(sums[lane], block * kBlockCodes + lane);
        }
        self.read_limit(query);
    }
    void read_limit(std::size_t query) {
        limits_[query] = keepers[query].limit();
        if constexpr (requires(const Keeper& keeper) { keeper.slope(); })
            if (steps_) slopes_[query] = keepers[query].slope();
    }

    const BlockedCodes& codes_;
    const std::uint32_t* mask_;
    const std::uint16_t* steps_;
    std::vector<std::uint32_t> limits_, slopes_;
};

}  // namespace iiq
