#include "kernels/cpu.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <stdexcept>

namespace iiq {
namespace {

// Fastest first. The whole policy of choice is this list.
constexpr std::array kPriority{Isa::amx, Isa::avx512, Isa::avx2, Isa::neon, Isa::scalar};

}  // namespace

std::string_view name_of(Isa isa) {
    switch (isa) {
        case Isa::avx2:
            return "avx2";
        case Isa::avx512:
            return "avx512";
        case Isa::amx:
            return "amx";
        case Isa::neon:
            return "neon";
        default:
            return "scalar";
    }
}

const std::vector<Isa>& available_sets() {
    static const std::vector<Isa> sets = [] {
        std::vector<Isa> found;
        std::copy_if(kPriority.begin(), kPriority.end(), std::back_inserter(found), detect);
        return found;
    }();
    return sets;
}

bool available(Isa isa) {
    const auto& sets = available_sets();
    return std::find(sets.begin(), sets.end(), isa) != sets.end();
}

Isa find_set(std::string_view name) {
    const auto& sets = available_sets();
    if (name == "auto") return sets.front();
    std::string listed;
    for (Isa isa : sets) {
        if (name_of(isa) == name) return isa;
        listed += (listed.empty() ? "" : ", ") + std::string(name_of(isa));
    }
    throw std::invalid_argument("kernel set '" + std::string(name) +
                                "' is not available here; available: " + listed);
}

}  // namespace iiq
