// The one way to run in parallel, and everything that uses it, where the system refuses threads.
#include <algorithm>
#include <cstring>
#include <functional>
#include <new>
#include <random>
#include <stdexcept>
#include <string>
#include <system_error>
#include <vector>

#include "base/buffer.h"
#include "base/threads.h"
#include "codes/blocks.h"
#include "kernels/cpu.h"
#include "kernels/train/table.h"
#include "search/asymmetric.h"
#include "search/pairs.h"
#include "search/search.h"
#include "tests/check.h"
#include "text/vectors.h"
#include "train/encode.h"
#include "train/refine.h"
#include "train/rotation.h"

namespace {

constexpr unsigned kThreads = 4;

// While one lives, a call may start `allowed` threads; the next is refused as a system does it.
class Refusal {
  public:
    explicit Refusal(unsigned allowed, bool for_memory = false) {
        allowed_ = allowed;
        for_memory_ = for_memory;
        refused_ = 0;
        iiq::before_start = [](unsigned part) {
            if (part <= allowed_) return;
            ++refused_;
            if (for_memory_) throw std::bad_alloc();
            throw std::system_error(
                std::make_error_code(std::errc::resource_unavailable_try_again));
        };
    }
    ~Refusal() { iiq::before_start = nullptr; }
    Refusal(const Refusal&) = delete;
    Refusal& operator=(const Refusal&) = delete;
    static unsigned refused() { return refused_; }

  private:
    static inline unsigned allowed_, refused_;
    static inline bool for_memory_;
};

using Bytes = std::vector<std::uint8_t>;

template <class T>
void append(Bytes& all, const std::vector<T>& values) {
    const std::size_t begin = all.size(), n_bytes = values.size() * sizeof(T);
    all.resize(begin + n_bytes);
    if (n_bytes > 0) std::memcpy(all.data() + begin, values.data(), n_bytes);
}

// Blocks of random codes whose bits are a multiple of 16: any bytes are such blocks.
struct Blocks {
    static constexpr std::size_t kBits = 1024;
    explicit Blocks(std::size_t most) : memory(iiq::make_buffer(most * kBits / 8)) {
        std::mt19937_64 random(1);
        for (std::size_t i = 0; i < most * kBits / 64; ++i) {
            const std::uint64_t word = random();
            std::memcpy(memory.get() + 8 * i, &word, 8);
        }
    }
    iiq::BlockedCodes view(std::size_t n, std::size_t n_bits = kBits) const {
        return {memory.get(), n, n_bits};
    }
    iiq::Buffer memory;
};

std::vector<float> random_floats(std::size_t n) {
    std::mt19937 random(2);
    std::normal_distribution<float> normal;
    std::vector<float> values(n);
    for (float& value : values) value = normal(random);
    return values;
}

const Blocks& blocks() {
    static const Blocks all(std::size_t{1} << 18);
    return all;
}

iiq::Isa best_set() { return iiq::available_sets().front(); }

Bytes searched(std::size_t n_codes, std::size_t n_queries, unsigned threads) {
    std::vector<std::int32_t> distances(n_queries * 3);
    std::vector<std::int64_t> ids(n_queries * 3);
    const iiq::SearchRequest request{
        blocks().memory.get(), n_queries, 3, ~0u, nullptr, false, threads};
    iiq::search(blocks().view(n_codes), request, best_set(), distances.data(), ids.data());
    Bytes answer;
    append(answer, distances);
    append(answer, ids);
    return answer;
}

Bytes searched_by_floats(std::size_t n_codes, std::size_t n_queries, std::size_t n_bits,
                         unsigned threads) {
    const std::vector<float> queries = random_floats(n_queries * n_bits);
    std::vector<float> scores(n_queries * 3);
    std::vector<std::int64_t> ids(n_queries * 3);
    const iiq::AsymmetricRequest request{queries.data(), n_queries, 3, nullptr, threads};
    iiq::search_asymmetric(blocks().view(n_codes, n_bits), request, best_set(), scores.data(),
                           ids.data());
    Bytes answer;
    append(answer, scores);
    append(answer, ids);
    return answer;
}

Bytes paired(unsigned threads) {
    Bytes answer;
    for (const iiq::Pair& pair :
         iiq::pairs_within(blocks().view(2048), 0, 256, 460, threads, best_set())) {
        append(answer, std::vector<std::int64_t>{pair.first, pair.second, pair.distance});
    }
    CHECK(!answer.empty());
    return answer;
}

Bytes measured(unsigned threads) {
    std::vector<std::int32_t> distances(std::size_t{1} << 18);
    iiq::all_distances(blocks().view(distances.size()), blocks().memory.get(), threads, best_set(),
                       distances.data());
    Bytes answer;
    append(answer, distances);
    return answer;
}

Bytes blocked(unsigned threads) {
    constexpr std::size_t n = 60000, n_bits = 640;
    Bytes answer(iiq::blocks_for(n) * iiq::block_bytes(n_bits));
    iiq::to_blocks(blocks().memory.get(), n, n_bits, threads, answer.data());
    return answer;
}

Bytes trained(unsigned threads) {
    constexpr std::size_t n = 5000, depth = 12, width = 40, stride = 48;
    const std::vector<float> x = random_floats(n * depth);
    const std::vector<float> p = random_floats(depth * width);
    const std::vector<double> mean(depth, 0.1), projection(p.begin(), p.end());
    const iiq::LinearMap map{mean.data(), projection.data(), depth, width};
    const iiq::TrainKernels& kernels = iiq::train_kernels(best_set());
    Bytes answer(n * 5), z(n * stride);
    iiq::encode(x.data(), n, map, answer.data(), threads, kernels);
    std::vector<float> y(n * width);
    iiq::project(x.data(), n, map, y.data(), threads, kernels);
    append(answer, y);
    std::vector<std::int64_t> column_sums(width), sums(width * stride);
    iiq::quantize(x.data(), n, map, 9.0f, z.data(), stride, column_sums.data(), threads, kernels);
    append(answer, z);
    append(answer, column_sums);
    std::vector<std::int8_t> rotation(width * width);
    for (std::size_t i = 0; i < rotation.size(); ++i)
        rotation[i] = static_cast<int>(i * 7 % 127) - 63;
    std::vector<std::uint32_t> bits(n * 2);
    iiq::rotation_step(z.data(), n, stride, rotation.data(), width, width, bits.data(), sums.data(),
                       threads, kernels);
    append(answer, bits);
    append(answer, sums);
    return answer;
}

Bytes refined(unsigned threads) {
    constexpr std::size_t n = 9000, dim = 8, n_bits = 24;
    const std::vector<float> rows = random_floats(n * dim);
    const std::vector<double> mean(dim);
    std::vector<std::int16_t> units(n * dim), decoder(dim * n_bits), gram(n_bits * n_bits);
    iiq::unit_rows(rows.data(), n, mean.data(), nullptr, 0, dim, units.data(), threads);
    for (std::size_t i = 0; i < decoder.size(); ++i)
        decoder[i] = static_cast<std::int16_t>(i * 37 % 8000) - 4000;
    for (std::size_t i = 0; i < n_bits; ++i)
        for (std::size_t j = 0; j < n_bits; ++j) gram[i * n_bits + j] = i == j ? 8000 : 900;
    Bytes codes(n * 3, 0x5a);
    const iiq::Refiner refiner(decoder.data(), 12, gram.data(), dim, n_bits, best_set());
    refiner.refine(units.data(), n, codes.data(), threads);
    std::vector<std::int32_t> agreement(n_bits * n_bits), cross(n_bits * dim);
    iiq::code_sums(units.data(), codes.data(), n, dim, n_bits, agreement.data(), cross.data(),
                   threads, iiq::refine_kernels(best_set()));
    append(codes, agreement);
    append(codes, cross);
    return codes;
}

Bytes read(unsigned threads) {
    std::string content;
    while (content.size() < 1300000) {
        content += 'w';
        content += std::to_string(content.size());
        content += " 0.25 -1.5 1e-3\n";
    }
    std::vector<float> vectors(iiq::text::count_lines(content) * 3);
    const auto parsed = iiq::text::parse_vectors(content, 3, threads, vectors.data());
    Bytes answer(parsed.words.begin(), parsed.words.end());
    append(answer, parsed.lines);
    append(answer, vectors);
    return answer;
}

struct Job {
    const char* name;
    std::function<Bytes(unsigned threads)> run;
};

// Everything that may start threads, with work enough for kThreads of them (or two).
const std::vector<Job> kJobs = {
    {"search, by queries", [](unsigned t) { return searched(4096, 140, t); }},
    {"search, by codes", [](unsigned t) { return searched(std::size_t{1} << 17, 4, t); }},
    {"float queries, by queries", [](unsigned t) { return searched_by_floats(8192, 33, 1024, t); }},
    {"float queries, by codes", [](unsigned t) { return searched_by_floats(131072, 2, 1024, t); }},
    {"float queries, wide", [](unsigned t) { return searched_by_floats(1024, 4, 65536, t); }},
    {"pairs_within", paired},
    {"all_distances", measured},
    {"to_blocks", blocked},
    {"encode, project, quantize, rotation_step", trained},
    {"refine", refined},
    {"parse_vectors", read},
};

}  // namespace

TEST(ranges_cover_everything_once_however_many_threads_start) {
    for (const unsigned allowed : {0u, 1u, 2u, 99u})
        for (const unsigned threads : {0u, 1u, 2u, 3u, 8u})
            for (const std::size_t n : {0u, 1u, 2u, 7u, 8u, 1000u}) {
                const Refusal refusal(allowed, allowed == 1);
                std::vector<int> visits(n);
                iiq::parallel_ranges(n, threads,
                                     [&](unsigned part, std::uint64_t first, std::uint64_t last) {
                                         CHECK(part < std::max(threads, 1u));
                                         for (std::uint64_t i = first; i < last; ++i) ++visits[i];
                                     });
                CHECK(visits == std::vector<int>(n, 1));
            }
}

TEST(the_first_exception_of_the_parts_arrives_when_all_are_done) {
    for (const unsigned allowed : {0u, 2u, 99u})
        for (unsigned bad = 0; bad < 5; ++bad) {
            const Refusal refusal(allowed);
            std::vector<int> done(5);
            std::string caught;
            try {
                iiq::parallel_ranges(5, 5, [&](unsigned part, std::uint64_t, std::uint64_t) {
                    if (part >= bad) throw std::runtime_error(std::to_string(part));
                    done[part] = 1;
                });
            } catch (const std::runtime_error& error) {
                caught = error.what();
            }
            CHECK_EQ(caught, std::to_string(bad));
            for (unsigned part = 0; part < 5; ++part) CHECK_EQ(done[part], part < bad ? 1 : 0);
        }
}

TEST(no_answer_depends_on_how_many_threads_start) {
    for (const Job& job : kJobs) {
        const Bytes expected = job.run(1);
        CHECK(!expected.empty());
        for (const unsigned allowed : {0u, 1u, 99u}) {
            const Refusal refusal(allowed);
            if (job.run(kThreads) != expected) check::fail(__FILE__, __LINE__, job.name);
            if (allowed == 0 && Refusal::refused() == 0)  // then this tests nothing
                check::fail(__FILE__, __LINE__, job.name);
        }
    }
}
