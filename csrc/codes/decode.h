// Codes as vectors: a code stands for the sum of the rows of its set bits, and a base.
//
// With rows 2 m_j and the base -(m_1 + ... + m_n) that is the sum of +m_j for each bit that is set
// and -m_j for each that is not. The numbers m are whole multiples of a unit, at most 2^20 of it,
// so that the order of summation does not matter: float32 holds the sum of eight rows exactly,
// float64 that of all.
#pragma once

#include <cstddef>
#include <cstdint>

#include "codes/layout.h"

namespace iiq {

struct DecoderRows {
    const float* rows = nullptr;   // n_bits x dim, in units
    const double* base = nullptr;  // dim, in units
    double unit = 1;
    std::size_t dim = 0;
};

// Write the vectors of `ids` (each below n_codes): n_ids x dim.
void decode_codes(const BlockedCodes& codes, const std::int64_t* ids, std::size_t n_ids,
                  const DecoderRows& decoder, double* vectors);

// Write the cosines of the vector of `one` with those of `ids`: n_ids; 0 where either is all zeros.
void cosines_of_codes(const BlockedCodes& codes, std::int64_t one, const std::int64_t* ids,
                      std::size_t n_ids, const DecoderRows& decoder, double* cosines);

}  // namespace iiq
