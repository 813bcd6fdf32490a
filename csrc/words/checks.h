// Bytes that are checked the first time they are touched: a CRC-32 for each 4096 of them.
//
// A mapped file is checked page by page as it is read, once in a process: opening costs nothing,
// and damage is an error where it is met, never a wrong answer.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace iiq::words {

constexpr std::size_t kPageBytes = 4096;

constexpr std::uint64_t pages_of(std::uint64_t n_bytes) {
    return n_bytes / kPageBytes + (n_bytes % kPageBytes != 0);
}

// The CRC-32 of zip, gzip and PNG.
std::uint32_t crc32(const std::uint8_t* data, std::size_t n);

// Append the CRC-32 of each page of `data`.
void append_checks(const std::uint8_t* data, std::size_t n, std::vector<std::uint32_t>& checks);

// Not owned. Any number of threads may ask at once.
class CheckedBytes {
  public:
    // `checks` holds pages_of(size) numbers; `name` is what an error calls these bytes.
    CheckedBytes(const std::uint8_t* data, std::uint64_t size, const std::uint32_t* checks,
                 const char* name);

    std::uint64_t size() const { return size_; }

    // The bytes from `begin` to `end`. Throws std::invalid_argument if they are damaged, or are not
    // all there.
    const std::uint8_t* read(std::uint64_t begin, std::uint64_t end) const {
        if (begin > end || end > size_) outside(begin, end);
        if (begin < end) {
            for (std::uint64_t page = begin / kPageBytes; page <= (end - 1) / kPageBytes; ++page) {
                if (!sound_[page].load(std::memory_order_relaxed)) check(page);
            }
        }
        return data_ + begin;
    }
    // Where byte `at` lies, unchecked: to ask for it ahead of its use.
    const std::uint8_t* ahead(std::uint64_t at) const { return data_ + (at < size_ ? at : 0); }

  private:
    void check(std::uint64_t page) const;
    [[noreturn]] void outside(std::uint64_t begin, std::uint64_t end) const;

    const std::uint8_t* data_;
    std::uint64_t size_;
    const std::uint32_t* checks_;
    const char* name_;
    std::unique_ptr<std::atomic<bool>[]> sound_;
};

}  // namespace iiq::words
