#include "words/rows.h"

#include <algorithm>
#include <bit>
#include <stdexcept>
#include <utility>

namespace iiq::words {

namespace {

constexpr unsigned kLongestSegment = 16;  // 3 * 16 bits choose places, the other 16 the segment
constexpr std::uint64_t kAttempts = 64;

unsigned bits_of(std::uint64_t value) { return static_cast<unsigned>(std::bit_width(value)); }

// More room at each attempt, and for few words, which are peeled less surely.
Segments segments_for(std::uint64_t n_words, std::uint64_t attempt) {
    Segments segments;
    segments.bits = std::min(kLongestSegment, (9 * bits_of(n_words) + 24) / 16);
    const std::uint64_t sixtyfourths = 73 + attempt;
    const std::uint64_t n = (n_words * sixtyfourths / 64 >> segments.bits) + 1;
    segments.n = n > 3 ? n - 2 : 1;
    return segments;
}

// A word's hash, and what the function is to say of it.
struct Hashed {
    std::uint64_t hash = 0;
    std::uint32_t row = 0;
};

// The words by hash, so that neighbours in this order have neighbouring places.
void hash_all(const Letters& words, std::uint64_t seed, std::vector<Hashed>& hashed) {
    hashed.resize(words.n_words);
    for (std::uint64_t i = 0; i < words.n_words; ++i) {
        hashed[i] = {hash_of(words.word(i), seed), static_cast<std::uint32_t>(i)};
    }
    std::sort(hashed.begin(), hashed.end(), [](const Hashed& a, const Hashed& b) {
        return std::pair(a.hash, a.row) < std::pair(b.hash, b.row);
    });
}

// Of the words that stand twice the one whose second row is the first; false if none does.
bool find_duplicate(const Letters& words, const std::vector<Hashed>& hashed, Duplicate& duplicate) {
    bool found = false;
    for (std::size_t i = 0; i < hashed.size(); ++i) {
        for (std::size_t j = i + 1; j < hashed.size() && hashed[j].hash == hashed[i].hash; ++j) {
            const std::uint64_t first = hashed[i].row, second = hashed[j].row;
            if (found && second >= duplicate.second) break;
            if (words.word(first) != words.word(second)) continue;
            duplicate = {first, second};
            found = true;
            break;
        }
    }
    return found;
}

// A graph of places joined by words. A place that only one word has can be left to the end, when
// the other two numbers of that word are known: taking such words away, one after another, in the
// end empties the graph, or leaves a knot.
struct Graph {
    std::vector<std::uint32_t> degree;  // words at each place
    std::vector<std::uint32_t> words;   // which of the hashed they are, xor-ed
};

Graph build_graph(const std::vector<Hashed>& hashed, const Segments& segments) {
    Graph graph;
    graph.degree.resize(segments.n_places());
    graph.words.resize(segments.n_places());
    for (std::size_t i = 0; i < hashed.size(); ++i) {
        for (const std::uint64_t place : segments.places(hashed[i].hash)) {
            ++graph.degree[place];
            graph.words[place] ^= static_cast<std::uint32_t>(i);
        }
    }
    return graph;
}

// The places in the order in which their words were taken away.
std::vector<std::uint64_t> peel(const std::vector<Hashed>& hashed, const Segments& segments,
                                Graph& graph) {
    std::vector<std::uint64_t> taken, waiting;
    taken.reserve(hashed.size());
    for (std::uint64_t start = 0; start < graph.degree.size(); ++start) {
        if (graph.degree[start] == 1) waiting.push_back(start);
        while (!waiting.empty()) {
            const std::uint64_t place = waiting.back();
            waiting.pop_back();
            if (graph.degree[place] != 1) continue;
            const std::uint32_t word = graph.words[place];
            taken.push_back(place);
            graph.degree[place] = 0;
            for (const std::uint64_t other : segments.places(hashed[word].hash)) {
                if (other == place) continue;
                graph.words[other] ^= word;
                if (--graph.degree[other] == 1) waiting.push_back(other);
            }
        }
    }
    return taken;
}

void write_number(std::uint8_t* numbers, std::uint64_t place, unsigned row_bits,
                  std::uint64_t value) {
    std::uint64_t bytes = 0;
    std::uint8_t* at = numbers + first_byte(place, row_bits);
    std::memcpy(&bytes, at, sizeof bytes);
    bytes |= value << (place * row_bits % 8);
    std::memcpy(at, &bytes, sizeof bytes);
}

// Give each word its row at the place it was taken by, the last taken first.
void assign(const std::vector<Hashed>& hashed, const std::vector<std::uint64_t>& taken,
            const Graph& graph, RowFunction& function) {
    const unsigned bits = function.row_bits;
    function.numbers.assign(bytes_of_rows(function.segments.n_places(), bits), 0);
    std::uint8_t* numbers = function.numbers.data();
    for (auto place = taken.rbegin(); place != taken.rend(); ++place) {
        const Hashed& word = hashed[graph.words[*place]];
        std::uint64_t value = word.row;
        for (const std::uint64_t other : function.segments.places(word.hash)) {
            if (other != *place) value ^= read_number(numbers, other, bits);
        }
        write_number(numbers, *place, bits, value);
    }
}

}  // namespace

bool build_rows(const Letters& words, RowFunction& function, Duplicate& duplicate) {
    if (words.n_words > std::uint64_t{1} << 32) {
        throw std::invalid_argument("more than 2^32 words");
    }
    std::vector<Hashed> hashed;
    function.row_bits = words.n_words > 1 ? bits_of(words.n_words - 1) : 1;
    for (std::uint64_t attempt = 0; attempt < kAttempts; ++attempt) {
        function.seed = attempt;
        function.segments = segments_for(words.n_words, attempt);
        hash_all(words, function.seed, hashed);
        if (find_duplicate(words, hashed, duplicate)) return false;
        Graph graph = build_graph(hashed, function.segments);
        const std::vector<std::uint64_t> taken = peel(hashed, function.segments, graph);
        if (taken.size() == hashed.size()) {
            assign(hashed, taken, graph, function);
            return true;
        }
    }
    throw std::invalid_argument("words whose hashes collide again and again");
}

}  // namespace iiq::words
