#include "words/checks.h"

#include <algorithm>
#include <array>
#include <stdexcept>
#include <string>

namespace iiq::words {

namespace {

// Table k gives the remainder of a byte that is followed by k zero bytes.
using Tables = std::array<std::array<std::uint32_t, 256>, 8>;

constexpr Tables make_tables() {
    Tables tables{};
    for (std::uint32_t byte = 0; byte < 256; ++byte) {
        std::uint32_t rest = byte;
        for (int bit = 0; bit < 8; ++bit) rest = (rest >> 1) ^ ((rest & 1) * 0xedb88320u);
        tables[0][byte] = rest;
    }
    for (std::size_t k = 1; k < 8; ++k) {
        for (std::size_t byte = 0; byte < 256; ++byte) {
            const std::uint32_t rest = tables[k - 1][byte];
            tables[k][byte] = (rest >> 8) ^ tables[0][rest & 0xff];
        }
    }
    return tables;
}

constexpr Tables kTables = make_tables();

}  // namespace

std::uint32_t crc32(const std::uint8_t* data, std::size_t n) {
    std::uint32_t rest = 0xffffffffu;
    std::size_t i = 0;
    for (; i + 8 <= n; i += 8) {
        std::uint32_t next = 0;
        for (std::size_t k = 0; k < 4; ++k) {
            next ^= kTables[7 - k][data[i + k] ^ ((rest >> (8 * k)) & 0xff)];
            next ^= kTables[3 - k][data[i + 4 + k]];
        }
        rest = next;
    }
    for (; i < n; ++i) rest = (rest >> 8) ^ kTables[0][(rest ^ data[i]) & 0xff];
    return ~rest;
}

void append_checks(const std::uint8_t* data, std::size_t n, std::vector<std::uint32_t>& checks) {
    for (std::size_t begin = 0; begin < n; begin += kPageBytes) {
        checks.push_back(crc32(data + begin, std::min(kPageBytes, n - begin)));
    }
}

CheckedBytes::CheckedBytes(const std::uint8_t* data, std::uint64_t size,
                           const std::uint32_t* checks, const char* name)
    : data_(data),
      size_(size),
      checks_(checks),
      name_(name),
      sound_(std::make_unique<std::atomic<bool>[]>(pages_of(size))) {}

void CheckedBytes::check(std::uint64_t page) const {
    const std::uint64_t begin = page * kPageBytes;
    const auto n = static_cast<std::size_t>(std::min<std::uint64_t>(kPageBytes, size_ - begin));
    if (crc32(data_ + begin, n) != checks_[page]) {
        throw std::invalid_argument("damaged word table: bytes " + std::to_string(begin) + " to " +
                                    std::to_string(begin + n) + " of " + name_ +
                                    " differ from their checksum");
    }
    sound_[page].store(true, std::memory_order_relaxed);
}

void CheckedBytes::outside(std::uint64_t begin, std::uint64_t end) const {
    throw std::invalid_argument("damaged word table: " + std::string(name_) + " has " +
                                std::to_string(size_) + " bytes, but bytes " +
                                std::to_string(begin) + " to " + std::to_string(end) +
                                " are pointed to");
}

}  // namespace iiq::words
