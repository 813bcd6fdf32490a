#include <random>
#include <stdexcept>
#include <string>

#include "tests/check.h"
#include "words/build.h"
#include "words/store.h"

namespace words = iiq::words;

namespace {

std::vector<std::string> made_up(std::size_t n) {
    std::vector<std::string> made = {"", "x", std::string("nul\0", 4), std::string(5000, 'y')};
    for (std::size_t i = made.size(); i < n; ++i) made.push_back("word" + std::to_string(i * i));
    return made;
}

words::Built build(const std::vector<std::string>& all) {
    words::Builder builder;
    for (const std::string& word : all) builder.add(word);
    words::Built built;
    words::Duplicate duplicate;
    CHECK(builder.build(built, duplicate));
    return built;
}

words::Store open(const words::Built& built) {
    return words::Store({built.numbers.data(), built.pieces.data(), built.text.data(),
                         built.text.size(), built.starts.data(), built.starts.size(),
                         built.rows.data(), built.rows.size(), built.checks.data(),
                         built.checks.size()});
}

std::string word_of(const words::Store& store, std::uint64_t row) {
    std::string letters;
    store.read_word(store.place_of(row), letters);
    return letters;
}

// Whether asking gives `row`, or says that the table is damaged.
template <class Ask>
bool right_or_damaged(Ask&& ask) {
    try {
        return ask();
    } catch (const std::invalid_argument&) {
        return true;
    }
}

}  // namespace

TEST(words_and_rows_lead_to_each_other) {
    const std::vector<std::string> all = made_up(3000);
    const words::Built built = build(all);
    const words::Store store = open(built);
    std::vector<std::string_view> views(all.begin(), all.end());
    views.emplace_back("missing");
    std::vector<std::int64_t> rows(views.size());
    store.find_many(views.data(), views.size(), rows.data());
    CHECK_EQ(rows.back(), -1);
    for (std::size_t i = 0; i < all.size(); ++i) {
        CHECK_EQ(rows[i], static_cast<std::int64_t>(i));
        CHECK_EQ(store.find(all[i]), static_cast<std::int64_t>(i));
        CHECK_EQ(word_of(store, i), all[i]);
    }
    const words::Built nothing = build({});
    CHECK_EQ(open(nothing).find(""), -1);
}

TEST(a_word_that_stands_twice_is_named) {
    words::Builder builder;
    for (const char* word : {"a", "b", "c", "b", "a"}) builder.add(word);
    words::Built built;
    words::Duplicate duplicate;
    CHECK(!builder.build(built, duplicate));
    CHECK_EQ(duplicate.first, 1u);
    CHECK_EQ(duplicate.second, 3u);
}

TEST(the_checksum_is_that_of_zip) {
    const std::string text = "123456789";
    CHECK_EQ(words::crc32(reinterpret_cast<const std::uint8_t*>(text.data()), text.size()),
             0xcbf43926u);
}

TEST(a_damaged_byte_is_found_where_it_is_read) {
    const std::vector<std::string> all = made_up(100);
    const words::Built whole = build(all);
    std::mt19937_64 random(1);
    for (int trial = 0; trial < 300; ++trial) {
        words::Built built = whole;
        auto& part = trial % 2 == 0 ? built.text : built.rows;
        part[random() % part.size()] ^= static_cast<std::uint8_t>(1 + random() % 255);
        const words::Store store = open(built);
        for (std::size_t i = 0; i < all.size(); ++i) {
            CHECK(right_or_damaged([&] { return store.find(all[i]) == static_cast<int>(i); }));
            CHECK(right_or_damaged([&] { return word_of(store, i) == all[i]; }));
        }
    }
}

// Checksums that fit: what is left to trust are the bounds, which a sanitizer watches here.
TEST(a_crafted_table_is_never_read_outside) {
    const std::vector<std::string> all = made_up(100);
    const words::Built whole = build(all);
    std::mt19937_64 random(2);
    for (int trial = 0; trial < 2000; ++trial) {
        words::Built built = whole;
        const std::uint64_t value = random() >> (random() % 64);
        switch (trial % 4) {
            case 0:
                built.numbers[random() % built.numbers.size()] = value;
                break;
            case 1:
                built.starts[random() % built.starts.size()] = value;
                break;
            case 2:
                built.text[random() % built.text.size()] = static_cast<std::uint8_t>(value);
                break;
            default:
                built.pieces[random() % built.pieces.size()] = static_cast<std::uint8_t>(value);
        }
        built.checks = {words::check_of_head(built.numbers.data(), built.pieces.data())};
        words::append_checks(reinterpret_cast<const std::uint8_t*>(built.starts.data()),
                             8 * built.starts.size(), built.checks);
        words::append_checks(built.text.data(), built.text.size(), built.checks);
        words::append_checks(built.rows.data(), built.rows.size(), built.checks);
        CHECK(right_or_damaged([&] {
            const words::Store store = open(built);
            for (const std::string& word : all) {
                right_or_damaged([&] { return store.find(word) >= -1; });
            }
            for (std::uint64_t row = 0; row < store.size() && row < all.size(); ++row) {
                right_or_damaged([&] { return word_of(store, row).size() < 1u << 20; });
            }
            return true;
        }));
    }
}
