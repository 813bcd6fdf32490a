#include <cmath>
#include <string>

#include "tests/check.h"
#include "tests/guarded.h"
#include "text/number.h"
#include "text/vectors.h"

namespace text = iiq::text;

namespace {

struct Read {
    text::ParsedVectors parsed;
    std::vector<float> vectors;
};

Read read(const std::string& content, std::size_t dim, unsigned threads = 1) {
    const guarded::Copy copy(content);  // a read past an end ends the test
    Read result;
    result.vectors.resize(text::count_lines(copy.view) * dim);
    result.parsed = text::parse_vectors(copy.view, dim, threads, result.vectors.data());
    result.vectors.resize(result.parsed.n_rows * dim);  // rows past these are void
    return result;
}

float number(const std::string& digits) {
    float value = 0;
    const std::string padded = digits + "\n" + std::string(text::kReadAhead, '\n');
    const char* end = text::parse_number(padded.data(), value);
    CHECK(end == padded.data() + digits.size());
    return value;
}

}  // namespace

TEST(numbers_are_the_nearest_float) {
    CHECK_EQ(number("0.1"), 0.1f);
    CHECK_EQ(number("-12345.678"), -12345.678f);
    CHECK_EQ(number("+.5e1"), 5.0f);
    CHECK_EQ(number("123456789012345678901234567890"), 123456789012345678901234567890.0f);
    CHECK_EQ(number("0.000000000000000000000000000000000000012"), 1.2e-38f);
    CHECK_EQ(number("3.4028235e38"), 3.4028235e38f);
    CHECK_EQ(number("1e-400"), 0.0f);
    CHECK(std::signbit(number("-1e-400")));
    CHECK(std::isinf(number("3.4028236e38")));
    CHECK(std::isinf(number("1" + std::string(400, '0'))));
    CHECK(std::isnan(number("nan")));
}

TEST(words_may_hold_spaces) {
    const Read got = read("a 1 2\r\n\n. . . 3 4\n  b\t5\t6 \nc 7 8", 2);
    CHECK_EQ(got.parsed.words, "a\n. . .\nb\nc");
    CHECK_EQ(got.parsed.n_rows, 4u);
    for (std::size_t i = 0; i < 8; ++i) CHECK_EQ(got.vectors[i], static_cast<float>(i + 1));
    const std::vector<std::int64_t> lines = {0, 2, 3, 4};
    CHECK(got.parsed.lines == lines);
}

TEST(the_first_damaged_line_is_named) {
    CHECK(read("a 1 2\nb 3\n", 2).parsed.damage.fault == text::Fault::too_few);
    CHECK(read("a 1 2\n3 4\n", 2).parsed.damage.fault == text::Fault::no_word);
    const text::Damage damage = read("a 1 2\nb 3 inf\nc\n", 2).parsed.damage;
    CHECK(damage.fault == text::Fault::not_finite);
    CHECK_EQ(damage.line, 1);
    CHECK_EQ(damage.field, "inf");
}

TEST(threads_and_cuts_change_nothing) {
    std::string content;
    while (content.size() < 1500000) {
        content += 'w';  // piece by piece: GCC 12 sees an overlap in operator+ (bug 105651)
        content += std::to_string(content.size());
        content += " 0.25 -1.5 1e-3\n";
        if (content.size() % 11 == 0) content += "\n";
    }
    const Read one = read(content, 3);
    CHECK(one.parsed.damage.fault == text::Fault::none);
    for (unsigned threads : {2u, 3u, 4u, 9u}) {
        const Read several = read(content, 3, threads);
        CHECK(several.parsed.words == one.parsed.words);
        CHECK(several.parsed.lines == one.parsed.lines);
        CHECK(several.vectors == one.vectors);
    }
}

TEST(every_cut_of_a_small_file_is_read_or_refused) {
    const std::string content = "5 2\nab 0.1 -2e3\n\xc2\xa0 nan 4\nx y 5 6\n\n7 8 9\n";
    for (std::size_t begin = 0; begin < content.size(); ++begin) {
        for (std::size_t size = 0; begin + size <= content.size(); ++size) {
            for (std::size_t dim = 1; dim < 4; ++dim) {
                const Read got = read(content.substr(begin, size), dim);
                const bool whole = got.parsed.damage.fault == text::Fault::none;
                CHECK(!whole || got.parsed.n_rows == got.parsed.lines.size());
            }
        }
    }
}

// The numbers' parser looks ahead. Here the last parts are so short that it would look past the
// text from the parts before them as well.
TEST(no_part_of_a_text_is_read_past_its_end) {
    constexpr std::size_t dim = 66000;
    std::string line = "w";
    for (std::size_t j = 1; j < dim; ++j) line += " 0.12345";
    for (const std::string number : {" 0.", " 1", " 0.123456789", " 1e5", " .5"}) {
        for (const std::string end :
             {"", "\n", "\n\n", "\r\n\n", "\n \n\n", "\n\n\n\n\n\n\n\n\n\n"}) {
            std::string content = line;
            content += number;
            content += end;
            for (unsigned threads : {1u, 2u, 3u}) {
                const Read got = read(content, dim, threads);
                CHECK_EQ(got.parsed.n_rows, 1u);
                CHECK_EQ(got.vectors.back(), std::stof(number));
            }
        }
    }
}
