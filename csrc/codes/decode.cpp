#include "codes/decode.h"

#include <algorithm>
#include <bit>

namespace iiq {
namespace {

std::uint16_t word_of(const BlockedCodes& codes, std::uint64_t id, std::size_t w) {
    const std::uint8_t* at = codes.block(id / kBlockCodes) + w * kRowBytes + 2 * (id % kBlockCodes);
    return static_cast<std::uint16_t>(at[0] | at[1] << 8);
}

}  // namespace

void decode_codes(const BlockedCodes& codes, const std::int64_t* ids, std::size_t n_ids,
                  const DecoderRows& decoder, double* vectors) {
    for (std::size_t i = 0; i < n_ids; ++i) {
        double* out = vectors + i * decoder.dim;
        std::copy_n(decoder.base, decoder.dim, out);
        for (std::size_t w = 0; w < codes.n_words(); ++w) {
            std::uint32_t bits = word_of(codes, static_cast<std::uint64_t>(ids[i]), w);
            for (; bits; bits &= bits - 1) {
                const std::size_t bit =
                    w * kWordBits + static_cast<std::size_t>(std::countr_zero(bits));
                if (bit >= codes.n_bits) break;  // a stray bit of a damaged file
                const double* row = decoder.rows + bit * decoder.dim;
                for (std::size_t j = 0; j < decoder.dim; ++j) out[j] += row[j];
            }
        }
    }
}

}  // namespace iiq
