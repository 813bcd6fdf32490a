// Every kernel set finds what the scalar one finds: codes, float queries, pairs.
#include "base/buffer.h"
#include "codes/blocks.h"
#include "fuzz/bytes.h"
#include "search/asymmetric.h"
#include "search/pairs.h"
#include "search/search.h"

namespace {

struct Case {
    std::size_t n_bits, n, m, k;
    std::vector<std::uint8_t> rows, queries;
    std::vector<float> floats;
    std::vector<std::uint32_t> mask;
    std::uint32_t limit;
    bool furthest, masked;
};

struct Answer {
    std::vector<std::int32_t> distances;
    std::vector<std::int64_t> ids, float_ids, pairs;
    std::vector<float> scores;
    bool operator==(const Answer&) const = default;
};

Case make_case(fuzz::Bytes& bytes) {
    Case c{};
    c.n_bits = bytes.between(1, 140);
    c.n = bytes.between(1, 70);
    c.m = bytes.between(1, 36);
    c.k = bytes.between(1, c.n);
    c.limit = static_cast<std::uint32_t>(bytes.between(0, c.n_bits + 1));
    const std::uint8_t flags = bytes.next();
    c.furthest = flags & 1;
    c.masked = flags & 2;
    if (c.furthest) c.limit = ~0u;
    for (std::size_t i = 0; i < iiq::blocks_for(c.n); ++i)
        c.mask.push_back(bytes.next() * 0x01010101u);
    for (std::size_t i = 0; i < c.m * c.n_bits; ++i)
        c.floats.push_back(static_cast<float>(static_cast<std::int8_t>(bytes.next())) / 8);
    c.queries = bytes.codes(c.m, c.n_bits);
    c.rows = bytes.codes(c.n, c.n_bits);
    return c;
}

Answer answer(const Case& c, const iiq::BlockedCodes& codes, iiq::Isa isa) {
    Answer a{std::vector<std::int32_t>(c.m * c.k),
             std::vector<std::int64_t>(c.m * c.k),
             std::vector<std::int64_t>(c.m * c.k),
             {},
             std::vector<float>(c.m * c.k)};
    const std::uint32_t* mask = c.masked ? c.mask.data() : nullptr;
    const iiq::SearchRequest near{c.queries.data(), c.m, c.k, c.limit, mask, c.furthest, 1};
    iiq::search(codes, near, isa, a.distances.data(), a.ids.data());
    iiq::AsymmetricRequest request;
    request.queries = c.floats.data();
    request.n_queries = c.m;
    request.k = c.k;
    request.mask = mask;
    iiq::search_asymmetric(codes, request, isa, a.scores.data(), a.float_ids.data());
    for (const iiq::Pair& pair : iiq::pairs_within(codes, 0, c.n, c.limit / 4, 1, isa))
        a.pairs.insert(a.pairs.end(), {pair.first, pair.second, pair.distance});
    return a;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fuzz::Bytes bytes(data, size);
    const Case c = make_case(bytes);
    const auto memory = iiq::make_buffer(iiq::blocks_for(c.n) * iiq::block_bytes(c.n_bits));
    iiq::to_blocks(c.rows.data(), c.n, c.n_bits, 1, memory.get());
    const iiq::BlockedCodes codes{memory.get(), c.n, c.n_bits};
    const Answer wanted = answer(c, codes, iiq::Isa::scalar);
    for (const iiq::Isa isa : iiq::available_sets())
        fuzz::must(answer(c, codes, isa) == wanted, iiq::name_of(isa).data());
    return 0;
}
