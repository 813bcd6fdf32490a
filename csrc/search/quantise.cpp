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

// The margin from the spread of errors: let a code be among the k of least cost, and look at the k
// codes of least sum. One of these costs at least as much, so its sum is lower by no more than the
// errors of two codes can differ. One more for the rounding of the float64 sums, far below a unit.
std::uint32_t margin_of(double spread) { return static_cast<std::uint32_t>(std::ceil(spread)) + 1; }

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
    double spread = 0;
    Quantised result;
    for (std::size_t g = 0; g < n_groups; ++g) {
        group_costs(query, n_bits, g, costs);
        double least_error = 0, most_error = 0, most = 0;
        for (unsigned pattern = 0; pattern < kPatterns; ++pattern) {
            const double exact = costs[pattern] / unit, rounded = std::floor(exact + 0.5);
            tables[kPatterns * g + pattern] = static_cast<std::uint8_t>(rounded);
            least_error = std::min(least_error, rounded - exact);
            most_error = std::max(most_error, rounded - exact);
            most = std::max(most, rounded);
        }
        spread += most_error - least_error;
        result.bound += static_cast<std::uint32_t>(most);
    }
    result.margin = margin_of(spread);
    return result;
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
    const double unit = std::max(largest / kLargestEntry, total / room);
    double spread = 0;
    Quantised result;
    for (std::size_t j = 0; j < n_bits; ++j) {
        const double exact = std::abs(static_cast<double>(query[j])) / unit;
        const double rounded = std::floor(exact + 0.5);
        const auto cost = static_cast<std::int8_t>(rounded);
        const bool positive = query[j] > 0;  // then it is a bit that is not set that costs
        weights[j] = static_cast<std::int8_t>(positive ? -cost : cost);
        if (positive) base += cost;
        spread += std::abs(rounded - exact);
        result.bound += static_cast<std::uint32_t>(cost);
    }
    result.margin = margin_of(spread);
    return result;
}

}  // namespace iiq
