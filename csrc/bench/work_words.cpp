// Text numbers read, and words looked up, in whichever order.
#include <memory>
#include <string_view>

#include "bench/work.h"
#include "text/vectors.h"
#include "words/build.h"
#include "words/store.h"

namespace iiq::bench {
namespace {

constexpr std::size_t kRows = 2000, kDim = 100, kWords = 100000;

// Lines as GloVe's: five or six digits a number.
Run text_numbers() {
    auto text = std::make_shared<std::string>();
    const auto numbers = normal_numbers(kRows * kDim, 10);
    for (std::size_t i = 0; i < numbers.size(); ++i) {
        if (i % kDim == 0) *text += (i ? "\nword" : "word") + std::to_string(i);
        *text += ' ' + std::to_string(numbers[i]);
    }
    auto vectors = std::make_shared<std::vector<float>>(numbers.size());
    return [=] { text::parse_vectors(*text, kDim, 1, vectors->data()); };
}

struct Words {
    Words() {
        words::Builder builder;
        std::mt19937 random(11);
        for (std::size_t i = 0; i < kWords; ++i)
            all.push_back("w" + std::to_string(random()) + "ing");
        for (std::size_t i = 0; i < kWords; ++i) all[i] += std::to_string(i % 7);
        for (const auto& word : all) builder.add(word);
        words::Duplicate duplicate;
        builder.build(built, duplicate);
        for (std::size_t i = 0; i < kWords; ++i) asked.emplace_back(all[i * 7919 % kWords]);
    }
    words::Store store() const {
        return words::Store({built.numbers.data(), built.pieces.data(), built.text.data(),
                             built.text.size(), built.starts.data(), built.starts.size(),
                             built.rows.data(), built.rows.size(), built.checks.data(),
                             built.checks.size()});
    }
    std::vector<std::string> all;
    words::Built built;
    std::vector<std::string_view> asked;
};

Run rows_of_words() {
    auto words = std::make_shared<Words>();
    auto store = std::make_shared<words::Store>(words->store());
    auto rows = std::make_shared<std::vector<std::int64_t>>(kWords);
    return [=] { store->find_many(words->asked.data(), kWords, rows->data()); };
}

Run words_of_rows() {
    auto words = std::make_shared<Words>();
    auto store = std::make_shared<words::Store>(words->store());
    auto letters = std::make_shared<std::string>();
    return [words, store, letters] {  // the store points into the words
        letters->clear();
        for (std::size_t i = 0; i < kWords; ++i)
            store->read_word(store->place_of(i * 7919 % kWords), *letters);
    };
}

}  // namespace

void add_word_work(std::vector<Work>& all) {
    all.push_back(
        {"text numbers", "number", kRows * kDim, 0, 0, false, [](Isa) { return text_numbers(); }});
    all.push_back(
        {"row of a word", "word", kWords, 0, 0, false, [](Isa) { return rows_of_words(); }});
    all.push_back(
        {"word of a row", "word", kWords, 0, 0, false, [](Isa) { return words_of_rows(); }});
}

}  // namespace iiq::bench
