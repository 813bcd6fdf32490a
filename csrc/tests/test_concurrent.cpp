// Many callers at once, each with threads of its own, over the same codes and the same text: what
// the thread sanitizer watches, and the same answers as one caller gets.
#include <string>

#include "base/buffer.h"
#include "base/threads.h"
#include "codes/blocks.h"
#include "search/asymmetric.h"
#include "search/pairs.h"
#include "search/search.h"
#include "tests/check.h"
#include "tests/reference.h"
#include "text/vectors.h"

namespace {

constexpr std::size_t kCodes = 3000, kBits = 100, kQueries = 40, kNearest = 10;

struct Shared {
    Shared()
        : rows(reference::random_codes(kCodes, kBits, 1)),
          queries(reference::random_codes(kQueries, kBits, 2)),
          floats(kQueries * kBits),
          memory(iiq::make_buffer(iiq::blocks_for(kCodes) * iiq::block_bytes(kBits))) {
        iiq::to_blocks(rows.data(), kCodes, kBits, 2, memory.get());
        codes = {memory.get(), kCodes, kBits};
        std::mt19937 random(3);
        std::normal_distribution<float> normal;
        for (float& x : floats) x = normal(random);
        for (int line = 0; line < 20000; ++line)
            text += "w" + std::to_string(line) + " 0.5 -1.25 " + std::to_string(line) + "\n";
    }
    reference::Rows rows, queries;
    std::vector<float> floats;
    iiq::Buffer memory;
    iiq::BlockedCodes codes;
    std::string text;
};

struct Answer {
    std::vector<std::int32_t> distances = std::vector<std::int32_t>(kQueries * kNearest);
    std::vector<std::int64_t> ids = std::vector<std::int64_t>(kQueries * kNearest);
    std::vector<float> numbers = std::vector<float>(kQueries * kNearest);
    bool operator==(const Answer&) const = default;
};

// One of four calls.
Answer call(const Shared& shared, std::uint64_t kind, iiq::Isa isa) {
    Answer answer;
    if (kind % 4 < 2) {
        const bool furthest = kind % 4;
        const iiq::SearchRequest request{
            shared.queries.data(), kQueries, kNearest, ~0u, nullptr, furthest, 2};
        iiq::search(shared.codes, request, isa, answer.distances.data(), answer.ids.data());
    } else if (kind % 4 == 2) {
        iiq::AsymmetricRequest request;
        request.queries = shared.floats.data();
        request.n_queries = kQueries;
        request.k = kNearest;
        request.threads = 2;
        iiq::search_asymmetric(shared.codes, request, isa, answer.numbers.data(),
                               answer.ids.data());
    } else {
        answer.numbers.resize(3 * iiq::text::count_lines(shared.text));
        iiq::text::parse_vectors(shared.text, 3, 2, answer.numbers.data());
    }
    return answer;
}

}  // namespace

TEST(many_callers_at_once_get_what_one_gets) {
    const Shared shared;
    for (const iiq::Isa isa : iiq::available_sets()) {
        std::vector<Answer> alone, together(24);
        for (std::uint64_t kind = 0; kind < 4; ++kind) alone.push_back(call(shared, kind, isa));
        iiq::parallel_ranges(together.size(), 6, [&](unsigned, std::uint64_t i, std::uint64_t end) {
            for (; i < end; ++i) together[i] = call(shared, i, isa);
        });
        for (std::size_t i = 0; i < together.size(); ++i) CHECK(together[i] == alone[i % 4]);
    }
}
