#include "search/quantize.h"

#include <algorithm>
#include <cmath>

#include "codes/layout.h"

namespace iiq {
namespace {

constexpr double kLargestWeight = 127, kLargestPart = 255;
constexpr double kLargestSum = 65000;  // so that limits fit 16 bits as well

double size(float q) { return std::abs(static_cast<double>(q)); }

// The sum of |q_j|, each at most `most`, over the bits of a part; and the largest such sum.
struct Totals {
    double all = 0, largest = 0;
};
Totals totals(const float* query, std::size_t n_bits, std::size_t part_bits, double most) {
    Totals result;
    for (std::size_t first = 0; first < n_bits; first += part_bits) {
        double part = 0;
        for (std::size_t j = first; j < std::min(first + part_bits, n_bits); ++j)
            part += std::min(size(query[j]), most);
        result.all += part;
        result.largest = std::max(result.largest, part);
    }
    return result;
}

// The unit in which the costs of every part fit a byte, if no bit costs more than `peak` units: a
// few times the usual. So a few large numbers do not hide the rest. Costs that are taken for less
// are still never taken for more.
double table_unit(const float* query, std::size_t n_bits, std::size_t part_bits, double peak) {
    double last = 0, unit = HUGE_VAL;
    do {
        last = unit;
        const Totals sums = totals(query, n_bits, part_bits, peak * last);
        unit = std::max(sums.largest / kLargestPart, sums.all / kLargestSum);
    } while (unit < 0.9 * last);
    return unit;
}

}  // namespace

Quantized fill_tables(const float* query, std::size_t n_bits, const TableScan& scan,
                      std::uint8_t* tables) {
    const std::size_t part_bits = scan.group_bits * scan.part_groups;
    const double peak = 5 * kLargestPart / static_cast<double>(part_bits);
    const double unit = table_unit(query, n_bits, part_bits, peak);
    if (!(unit > 0)) return {};
    const std::size_t n_patterns = std::size_t{1} << scan.group_bits;
    for (std::size_t j = 0; j < n_bits; j += scan.group_bits, tables += n_patterns) {
        constexpr std::size_t kMost = 8;
        float costs[1 << kMost] = {}, gains[kMost] = {};
        for (std::size_t i = 0; i < std::min(scan.group_bits, n_bits - j); ++i) {
            gains[i] = static_cast<float>(std::clamp(query[j + i] / unit, -peak, peak));
            costs[0] += std::max(gains[i], 0.0f);  // a bit that is not set differs
        }
        for (std::size_t i = 0, half = 1; half < n_patterns; ++i, half *= 2)
            for (std::size_t p = 0; p < half; ++p) costs[half + p] = costs[p] - gains[i];
        for (std::size_t p = 0; p < n_patterns; ++p)
            tables[p] = static_cast<std::uint8_t>(static_cast<int>(std::max(costs[p], 0.0f)));
    }
    return {unit, 0};
}

Quantized fill_weights(const float* query, std::size_t n_bits, std::vector<std::int8_t>& weights,
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
    Quantized result{std::max(largest / kLargestWeight, total / room), 0};
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
