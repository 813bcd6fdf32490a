// The lengths of decoded codes, which scores are divided by.
//
// Beside each code lies the number of whole units in its scale, in 16 bits: that is what a scan
// reads, to leave out codes whose score cannot matter. What is returned comes from exact scales, or
// takes into account what the steps leave open.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>

namespace iiq {

// A score, or a scale, that is known to lie in low .. high.
struct Bounds {
    double low, high;
};

// The score of a code is its sum over its scale; 0 where the scale is 0.
inline Bounds score_bounds(double sum, const Bounds& scale) {
    constexpr double kAny = std::numeric_limits<double>::infinity();
    if (scale.low > 0)
        return sum >= 0 ? Bounds{sum / scale.high, sum / scale.low}
                        : Bounds{sum / scale.low, sum / scale.high};
    if (!(scale.high > 0)) return {0, 0};
    return {sum < 0 ? -kAny : 0.0, sum > 0 ? kAny : 0.0};
}

struct Scales {
    const std::uint16_t* steps = nullptr;  // 32 a block, those past the last code 0; null: all 1
    double unit = 0;                       // code i: at least steps[i] units, less than one more;
    double most = 0;                       // where steps[i] is 65535 at most this
    const float* exact = nullptr;          // or null where only the steps are known

    Bounds of(std::uint64_t id) const {
        constexpr std::uint16_t kTop = 65535;
        if (!steps) return {1, 1};
        if (exact) return {exact[id], exact[id]};
        return {steps[id] * unit, steps[id] == kTop ? most : (steps[id] + 1) * unit};
    }
};

}  // namespace iiq
