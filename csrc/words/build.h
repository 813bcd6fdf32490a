// Making a store of words that come one after another.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "words/store.h"

namespace iiq::words {

// The parts of a store, owned; each is written to a file as it is.
struct Built {
    std::vector<std::uint64_t> numbers;
    std::vector<std::uint8_t> pieces;
    std::vector<std::uint8_t> text;
    std::vector<std::uint64_t> starts;
    std::vector<std::uint8_t> rows;
    std::vector<std::uint32_t> checks;
};

class Builder {
  public:
    void add(std::string_view word) {
        letters_.insert(letters_.end(), word.begin(), word.end());
        ends_.push_back(letters_.size());
    }
    std::string_view word(std::uint64_t row) const { return all().word(row); }

    // Throws std::invalid_argument if there are more than 2^32 words. False if a word stands twice:
    // then `duplicate` says where.
    bool build(Built& built, Duplicate& duplicate) const;

  private:
    Letters all() const { return {letters_.data(), ends_.data(), ends_.size()}; }

    std::vector<char> letters_;
    std::vector<std::uint64_t> ends_;
};

}  // namespace iiq::words
