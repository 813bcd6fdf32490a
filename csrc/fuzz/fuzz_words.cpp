// Any words make a store that finds them; any damage of it, with checksums that fit, is seen or
// harmless: no read outside, no row that is none.
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "fuzz/bytes.h"
#include "words/build.h"
#include "words/store.h"

namespace words = iiq::words;

namespace {

constexpr std::size_t kMostWords = 300;

std::vector<std::string> take_words(fuzz::Bytes& bytes) {
    std::vector<std::string> all(bytes.between(0, kMostWords));
    for (std::string& word : all) {
        word.resize(bytes.next() % 12);
        for (char& letter : word) letter = static_cast<char>(bytes.next());
    }
    return all;
}

// A copy of each array as long as it is: a read past it is seen.
words::Store open(const words::Built& built) {
    return words::Store({built.numbers.data(), built.pieces.data(), built.text.data(),
                         built.text.size(), built.starts.data(), built.starts.size(),
                         built.rows.data(), built.rows.size(), built.checks.data(),
                         built.checks.size()});
}

void damage(words::Built& built, fuzz::Bytes& bytes) {
    const std::size_t place = bytes.between(0, 65535);
    const std::uint64_t value = std::uint64_t{bytes.next()} << (bytes.next() % 64);
    switch (bytes.next() % 5) {
        case 0:
            built.numbers[place % built.numbers.size()] = value;
            break;
        case 1:
            built.starts[place % built.starts.size()] = value;
            break;
        case 2:
            if (!built.text.empty()) built.text[place % built.text.size()] = bytes.next();
            break;
        case 3:
            built.rows[place % built.rows.size()] = bytes.next();
            break;
        default:
            built.pieces[place % built.pieces.size()] = bytes.next();
    }
    built.checks = {words::check_of_head(built.numbers.data(), built.pieces.data())};
    words::append_checks(reinterpret_cast<const std::uint8_t*>(built.starts.data()),
                         8 * built.starts.size(), built.checks);
    words::append_checks(built.text.data(), built.text.size(), built.checks);
    words::append_checks(built.rows.data(), built.rows.size(), built.checks);
}

void ask(const words::Built& built, const std::vector<std::string>& all, bool is_whole) {
    try {
        const words::Store store = open(built);
        for (std::size_t i = 0; i < all.size(); ++i) {
            const std::int64_t row = store.find(all[i]);
            fuzz::must(row >= -1 && row < std::int64_t(store.size()), "a row that is none");
            if (!is_whole) continue;
            std::string letters;
            store.read_word(store.place_of(i), letters);
            fuzz::must(row == std::int64_t(i) && letters == all[i], "a word and its row");
        }
        const std::vector<std::string_view> views(all.begin(), all.end());
        std::vector<std::int64_t> rows(all.size());
        store.find_many(views.data(), views.size(), rows.data());
        for (std::size_t i = 0; i < all.size(); ++i) {
            fuzz::must(rows[i] == store.find(all[i]), "many at once and one by one");
        }
    } catch (const std::invalid_argument&) {
        fuzz::must(!is_whole, "a whole store is refused");
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fuzz::Bytes bytes(data, size);
    const std::vector<std::string> all = take_words(bytes);
    words::Builder builder;
    for (const std::string& word : all) builder.add(word);
    words::Built built;
    words::Duplicate duplicate;
    if (!builder.build(built, duplicate)) {
        fuzz::must(all[duplicate.first] == all[duplicate.second], "a duplicate that is none");
        return 0;
    }
    ask(built, all, true);
    damage(built, bytes);
    ask(built, all, false);
    return 0;
}
