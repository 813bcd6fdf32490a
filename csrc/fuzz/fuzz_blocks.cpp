// Codes into blocks and back, and their distances row by row.
#include <bit>

#include "base/buffer.h"
#include "codes/blocks.h"
#include "fuzz/bytes.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fuzz::Bytes bytes(data, size);
    const std::size_t n_bits = bytes.between(1, 300), n = bytes.between(1, 100);
    const std::size_t n_bytes = iiq::bytes_per_code(n_bits);
    const auto rows = bytes.codes(n, n_bits);
    const auto memory = iiq::make_buffer(iiq::blocks_for(n) * iiq::block_bytes(n_bits));
    iiq::to_blocks(rows.data(), n, n_bits, 1, memory.get());
    const iiq::BlockedCodes codes{memory.get(), n, n_bits};
    fuzz::must(iiq::count_stray_bits(codes) == 0, "stray bits");
    std::vector<std::uint8_t> back(rows.size());
    std::vector<std::int64_t> ids(n);
    for (std::size_t i = 0; i < n; ++i) ids[i] = static_cast<std::int64_t>(n - 1 - i);
    iiq::gather_codes(codes, ids.data(), n, back.data());
    std::vector<std::int32_t> apart(n);
    iiq::hamming_rows(rows.data(), back.data(), n, n_bytes, apart.data());
    for (std::size_t i = 0; i < n; ++i) {
        int wanted = 0;
        for (std::size_t b = 0; b < n_bytes; ++b) {
            const std::uint8_t own = rows[i * n_bytes + b], other = rows[(n - 1 - i) * n_bytes + b];
            fuzz::must(back[i * n_bytes + b] == other, "a code changed in a block");
            wanted += std::popcount(static_cast<unsigned>(own ^ other));
        }
        fuzz::must(apart[i] == wanted, "distance of rows");
    }
    return 0;
}
