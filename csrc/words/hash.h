// The hash of a word, and the three places where its row is looked up.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace iiq::words {

// FNV-1a of 64 bits whose start is moved by a seed, its bits then mixed (the finaliser of
// MurmurHash3).
inline std::uint64_t hash_of(std::string_view word, std::uint64_t seed) {
    std::uint64_t h = 0xcbf29ce484222325u ^ seed;
    for (const char letter : word) {
        h = (h ^ static_cast<std::uint8_t>(letter)) * 0x100000001b3u;
    }
    h = (h ^ (h >> 33)) * 0xff51afd7ed558ccdu;
    h = (h ^ (h >> 33)) * 0xc4ceb9fe1a85ec53u;
    return h ^ (h >> 33);
}

// Places lie in segments of 2^segment_bits, n_segments + 2 of them. A word's three places lie in
// three neighbouring segments: the high bits of its hash choose the first, its low bits the places.
struct Segments {
    unsigned bits = 0;
    std::uint64_t n = 1;  // below 2^32

    std::uint64_t n_places() const { return (n + 2) << bits; }

    std::array<std::uint64_t, 3> places(std::uint64_t hash) const {
        // The high 64 bits of hash * n, in 64-bit arithmetic.
        const std::uint64_t low = (hash & 0xffffffffu) * n;
        const std::uint64_t first = ((hash >> 32) * n + (low >> 32)) >> 32;
        const std::uint64_t mask = (std::uint64_t{1} << bits) - 1;
        return {(first << bits) + (hash & mask), ((first + 1) << bits) + ((hash >> bits) & mask),
                ((first + 2) << bits) + ((hash >> (2 * bits)) & mask)};
    }
};

}  // namespace iiq::words
