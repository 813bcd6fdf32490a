// Codes as vectors: a code stands for the sum of the rows of its set bits, and a base.
//
// With rows 2 m_j and the base -(m_1 + ... + m_n) that is the sum of +m_j for each bit that is set
// and -m_j for each that is not. The numbers stand on a grid on which float64 holds every sum
// exactly, so that the order of summation does not matter.
#pragma once

#include <cstddef>
#include <cstdint>

#include "codes/layout.h"

namespace iiq {

struct DecoderRows {
    const double* rows = nullptr;  // n_bits x dim
    const double* base = nullptr;  // dim
    std::size_t dim = 0;
};

// Write the vectors of `ids` (each below n_codes): n_ids x dim.
void decode_codes(const BlockedCodes& codes, const std::int64_t* ids, std::size_t n_ids,
                  const DecoderRows& decoder, double* vectors);

}  // namespace iiq
