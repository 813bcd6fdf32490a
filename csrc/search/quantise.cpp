#include "search/quantise.h"

#include <algorithm>
#include <cmath>

#include "codes/layout.h"

namespace iiq {
namespace {

constexpr double kLargestEntry = 127;
constexpr double kLargestSum = 65000;  // so that limits fit 16 bits as well
constexpr std::size_t kGroupBits = 4;
constexpr std::size_t kPatterns = 1 << kGroupBits;

// What the bits of group g cost by differing from the signs of the query, for each of 16 patterns.
void group_costs(const float* query, std::size_t n_bits, std::size_t g, double costs[kPatterns]) {
    for (unsigned pattern = 0; pattern < kPatterns; ++pattern) {
        costs[pattern] = 0;
        for (std::size_t i = 0; i < kGroupBits && g * kGroupBits + i < n_bits; ++i) {
            const double q = query[g * kGroupBits + i];
            if ((pattern >> i & 1) != (q > 0)) costs[pattern] += std::abs(q);
        }
    }
}

}  // namespace

Quantised fill_tables(const float* query, std::size_t n_bits, std::uint8_t* tables) {
    const std::size_t n_groups = kWordBits / kGroupBits * words_per_code(n_bits);
    double largest = 0, costs[kPatterns];
    for (std::size_t g = 0; g < n_groups; ++g) {
        group_costs(query, n_bits, g, costs);
        largest = std::max(largest, *std::max_element(costs, costs + kPatterns));
    }
    if (largest == 0) return {};
    const double room = std::floor(kLargestSum / static_cast<double>(n_groups));
    const double unit = largest / std::min(kLargestEntry, room);
    for (std::size_t g = 0; g < n_groups; ++g) {
        group_costs(query, n_bits, g, costs);
        for (unsigned pattern = 0; pattern < kPatterns; ++pattern)
            tables[kPatterns * g + pattern] = static_cast<std::uint8_t>(costs[pattern] / unit);
    }
    return {unit, 0};
}

Quantised fill_weights(const float* query, std::size_t n_bits, std::vector<std::int8_t>& weights,
                       std::int32_t& base) {
    weights.assign(n_bits, 0);
    base = 0;
    double largest = 0, total = 0;
    for (std::size_t j = 0; j < n_bits; ++j) {
        const double cost = std::abs(static_cast<double>(query[j]));
        largest = std::max(largest, cost);
        total += cost;
    }
    if (largest == 0) return {};
    // Rounding adds at most half a unit a bit.
    const double room = kLargestSum - 0.5 * static_cast<double>(n_bits);
    Quantised result{std::max(largest / kLargestEntry, total / room), 0};
    for (std::size_t j = 0; j < n_bits; ++j) {
        const double exact = std::abs(static_cast<double>(query[j])) / result.unit;
        const double rounded = std::floor(exact + 0.5);
        const auto cost = static_cast<std::int8_t>(rounded);
        const bool positive = query[j] > 0;  // then it is a bit that is not set that costs
        weights[j] = static_cast<std::int8_t>(positive ? -cost : cost);
        if (positive) base += cost;
        result.excess += std::max(0.0, rounded - exact);
    }
    return result;
}

}  // namespace iiq
