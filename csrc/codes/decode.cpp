#include "codes/decode.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <vector>

#include "base/prefetch.h"

namespace iiq {
namespace {

constexpr std::size_t kSums = 8;          // of dot
constexpr std::size_t kMostAtOnce = 128;  // products

std::uint16_t word_of(const BlockedCodes& codes, std::uint64_t id, std::size_t w) {
    const std::uint8_t* at = codes.block(id / kBlockCodes) + w * kRowBytes + 2 * (id % kBlockCodes);
    return static_cast<std::uint16_t>(at[0] | at[1] << 8);
}

// Ask for a code ahead of its use: each of its words lies in a cache line of its own.
void code_soon(const BlockedCodes& codes, std::int64_t id) {
    const std::uint8_t* block = codes.block(static_cast<std::uint64_t>(id) / kBlockCodes);
    const std::size_t place = 2 * (static_cast<std::uint64_t>(id) % kBlockCodes);
    for (std::size_t w = 0; w < codes.n_words(); ++w) read_soon(block + w * kRowBytes + place);
}

// The rows of the bits that are set in a code, four words of it at a time.
void set_rows(const BlockedCodes& codes, std::int64_t id, const DecoderRows& decoder,
              std::vector<const float*>& rows) {
    rows.clear();
    const std::size_t n_words = codes.n_words();
    for (std::size_t first = 0; first < n_words; first += 4) {
        std::uint64_t bits = 0;
        for (std::size_t w = std::min(first + 4, n_words); w-- > first;) {
            bits = bits << kWordBits | word_of(codes, static_cast<std::uint64_t>(id), w);
        }
        for (; bits; bits &= bits - 1) {
            const std::size_t bit =
                first * kWordBits + static_cast<std::size_t>(std::countr_zero(bits));
            if (bit >= codes.n_bits) break;  // a stray bit of a damaged file
            rows.push_back(decoder.rows + bit * decoder.dim);
        }
    }
}

// Write the sum of the base and the rows, eight rows at a time: `out` is loaded and stored less
// often, and most sums are of floats.
void add_rows(const std::vector<const float*>& rows, const DecoderRows& decoder, double* out) {
    const std::size_t dim = decoder.dim;
    std::copy_n(decoder.base, dim, out);
    std::size_t i = 0;
    for (; i + 8 <= rows.size(); i += 8) {
        const float *a = rows[i], *b = rows[i + 1], *c = rows[i + 2], *d = rows[i + 3];
        const float *e = rows[i + 4], *f = rows[i + 5], *g = rows[i + 6], *h = rows[i + 7];
        for (std::size_t j = 0; j < dim; ++j) {
            out[j] += ((a[j] + b[j]) + (c[j] + d[j])) + ((e[j] + f[j]) + (g[j] + h[j]));
        }
    }
    for (; i < rows.size(); ++i) {
        for (std::size_t j = 0; j < dim; ++j) out[j] += rows[i][j];
    }
    for (std::size_t j = 0; j < dim; ++j) out[j] *= decoder.unit;
}

// The sum of a[i] b[i], added in an order that only n decides: up to 128 products as eight sums of
// every eighth, more as two halves. NumPy's add.reduce has this order: a cosine is the same to the
// bit on either side.
double dot(const double* a, const double* b, std::size_t n) {
    if (n > kMostAtOnce) {
        const std::size_t half = n / 2 - n / 2 % kSums;
        return dot(a, b, half) + dot(a + half, b + half, n - half);
    }
    double sum = 0;
    std::size_t i = 0;
    if (n >= kSums) {
        std::array<double, kSums> sums{};
        for (std::size_t j = 0; j < kSums; ++j) sums[j] = a[j] * b[j];
        for (i = kSums; i + kSums <= n; i += kSums) {
            for (std::size_t j = 0; j < kSums; ++j) sums[j] += a[i + j] * b[i + j];
        }
        sum = ((sums[0] + sums[1]) + (sums[2] + sums[3])) +
              ((sums[4] + sums[5]) + (sums[6] + sums[7]));
    }
    for (; i < n; ++i) sum += a[i] * b[i];
    return sum;
}

}  // namespace

void decode_codes(const BlockedCodes& codes, const std::int64_t* ids, std::size_t n_ids,
                  const DecoderRows& decoder, double* vectors) {
    std::vector<const float*> rows;
    rows.reserve(codes.n_bits);
    for (std::size_t i = 0; i < n_ids; ++i) {
        if (i + 1 < n_ids) code_soon(codes, ids[i + 1]);
        set_rows(codes, ids[i], decoder, rows);
        add_rows(rows, decoder, vectors + i * decoder.dim);
    }
}

void cosines_of_codes(const BlockedCodes& codes, std::int64_t one, const std::int64_t* ids,
                      std::size_t n_ids, const DecoderRows& decoder, double* cosines) {
    const std::size_t dim = decoder.dim;
    std::vector<double> vectors(2 * dim);
    double* a = vectors.data();
    double* b = a + dim;
    std::vector<const float*> rows;
    rows.reserve(codes.n_bits);
    const auto decode = [&](std::int64_t id, double* out) {
        set_rows(codes, id, decoder, rows);
        add_rows(rows, decoder, out);
    };
    if (n_ids > 0) code_soon(codes, ids[0]);
    decode(one, a);
    const double aa = dot(a, a, dim);
    for (std::size_t i = 0; i < n_ids; ++i) {
        if (i + 1 < n_ids) code_soon(codes, ids[i + 1]);
        decode(ids[i], b);
        const double bb = dot(b, b, dim);
        cosines[i] = aa > 0 && bb > 0 ? dot(a, b, dim) / std::sqrt(aa * bb) : 0.0;
    }
}

}  // namespace iiq
