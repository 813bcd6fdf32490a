// Whole searches: ten nearest codes of 300 bits, of one query and of a batch, of codes and floats.
#include <memory>

#include "base/buffer.h"
#include "bench/work.h"
#include "codes/blocks.h"
#include "search/asymmetric.h"
#include "search/search.h"

namespace iiq::bench {
namespace {

constexpr std::size_t kBits = 300, kNearest = 10;

struct Index {
    explicit Index(std::size_t n_codes) {
        auto rows = random_bytes(n_codes * bytes_per_code(kBits), 1);
        for (std::size_t i = bytes_per_code(kBits) - 1; i < rows.size(); i += bytes_per_code(kBits))
            rows[i] &= (1u << kBits % 8) - 1;
        blocks = make_buffer(blocks_for(n_codes) * block_bytes(kBits));
        to_blocks(rows.data(), n_codes, kBits, 1, blocks.get());
        codes = {blocks.get(), n_codes, kBits};
        queries = std::move(rows);
    }
    Buffer blocks;
    BlockedCodes codes;
    std::vector<std::uint8_t> queries;  // the codes themselves
};

template <class Score>
struct Answer {
    explicit Answer(std::size_t n) : scores(n * kNearest), ids(n * kNearest) {}
    std::vector<Score> scores;
    std::vector<std::int64_t> ids;
};

Run hamming(std::size_t n_codes, std::size_t n_queries, Isa isa) {
    auto index = std::make_shared<Index>(n_codes);
    auto answer = std::make_shared<Answer<std::int32_t>>(n_queries);
    SearchRequest request{index->queries.data(), n_queries, kNearest, kBits};
    return [=] { search(index->codes, request, isa, answer->scores.data(), answer->ids.data()); };
}

Run floats(std::size_t n_codes, std::size_t n_queries, Isa isa) {
    auto index = std::make_shared<Index>(n_codes);
    auto queries = std::make_shared<std::vector<float>>(normal_numbers(n_queries * kBits, 2));
    auto answer = std::make_shared<Answer<float>>(n_queries);
    return [=] {
        const AsymmetricRequest request{queries->data(), n_queries, kNearest};
        search_asymmetric(index->codes, request, isa, answer->scores.data(), answer->ids.data());
    };
}

}  // namespace

void add_search_work(std::vector<Work>& all) {
    struct Size {
        const char* name;
        std::size_t n_codes, n_queries;
    };
    // One query: codes outside the caches of a core. A batch: each code is read for many queries.
    for (const Size& size : {Size{"one query", 1 << 20, 1}, Size{"batch", 1 << 15, 256}}) {
        const auto pairs = static_cast<double>(size.n_codes) * static_cast<double>(size.n_queries);
        const double bytes = size.n_queries == 1 ? block_bytes(kBits) / 32.0 : 0;
        const auto [name, n, m] = size;
        all.push_back({std::string("search, ") + name, "pair", pairs, bytes, 0, true,
                       [n = n, m = m](Isa isa) { return hamming(n, m, isa); }});
        all.push_back({std::string("float search, ") + name, "pair", pairs, bytes, 0, true,
                       [n = n, m = m](Isa isa) { return floats(n, m, isa); }});
    }
}

}  // namespace iiq::bench
