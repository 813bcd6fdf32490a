// The fuzzer's bytes, taken piece by piece; zeros where they run out.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <vector>

namespace fuzz {

class Bytes {
  public:
    Bytes(const std::uint8_t* data, std::size_t size) : data_(data), left_(size) {}

    std::uint8_t next() {
        if (!left_) return 0;
        --left_;
        return *data_++;
    }
    // A number of low .. high.
    std::size_t between(std::size_t low, std::size_t high) {
        const std::size_t number = next() | next() << 8;
        return low + number % (high - low + 1);
    }
    // Packed codes whose padding is zero.
    std::vector<std::uint8_t> codes(std::size_t n, std::size_t n_bits) {
        const std::size_t n_bytes = (n_bits + 7) / 8;
        std::vector<std::uint8_t> rows(n * n_bytes);
        for (auto& byte : rows) byte = next();
        for (std::size_t i = 0; i < n; ++i)
            rows[(i + 1) * n_bytes - 1] &=
                static_cast<std::uint8_t>(0xFF >> (8 * n_bytes - n_bits));
        return rows;
    }

  private:
    const std::uint8_t* data_;
    std::size_t left_;
};

inline void must(bool holds, const char* what) {
    if (holds) return;
    std::fprintf(stderr, "wrong: %s\n", what);
    std::abort();
}

}  // namespace fuzz
