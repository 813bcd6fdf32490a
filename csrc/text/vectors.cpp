#include "text/vectors.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <utility>

#include "base/threads.h"
#include "text/number.h"

namespace iiq::text {

namespace {

constexpr std::uint64_t kSmallestPart = std::uint64_t{1} << 18;  // bytes worth a thread

bool is_separator(char c) { return c == ' ' || c == '\t'; }

const char* skip_separators(const char* p) {
    while (is_separator(*p)) ++p;
    return p;
}

const char* end_of_line(const char* p, const char* end) {
    const void* newline = std::memchr(p, '\n', static_cast<std::size_t>(end - p));
    return newline == nullptr ? end : static_cast<const char*>(newline);
}

// A run of whole lines, and what was made of them.
struct Part {
    std::string_view text;
    std::size_t first_line = 0;
    ParsedVectors parsed;
};

// Read a line of one word and dim numbers that ends in '\n'. Returns its newline, or nullptr where
// the line has another form: then the word may hold spaces, or the line is damaged.
const char* parse_plain_line(const char* line, std::size_t dim, float* row, std::string& words) {
    const char* p = line;
    while (!is_separator(*p) && *p != '\n') ++p;
    const char* const word_end = p;
    bool finite = true;
    for (std::size_t j = 0; j < dim; ++j) {
        if (!is_separator(*p)) return nullptr;
        p = parse_number(skip_separators(p), row[j]);
        if (p == nullptr) return nullptr;
        finite &= std::isfinite(row[j]);
    }
    while (is_separator(*p) || *p == '\r') ++p;
    if (*p != '\n' || !finite) return nullptr;
    words.append(line, word_end);
    words.push_back('\n');
    return p;
}

struct Field {
    const char *begin, *end;
};

// The last run of other characters than separators before `end`; empty, at `begin`, if there is
// none.
Field last_field(const char* begin, const char* end) {
    while (end > begin && is_separator(end[-1])) --end;
    const char* first = end;
    while (first > begin && !is_separator(first[-1])) --first;
    return {first, end};
}

// Read the numbers of [begin, end) from its last field to the left, up to `dim` of them.
// Returns where the leftmost one begins.
const char* parse_from_right(const char* begin, const char* end, std::size_t dim, float* row,
                             Damage& damage) {
    const char* left = end;
    for (std::size_t j = dim; j-- > 0;) {
        const Field field = last_field(begin, left);
        if (field.begin == field.end || parse_number(field.begin, row[j]) != field.end) {
            damage.fault = Fault::too_few;
            damage.field.assign(field.begin, field.begin > begin ? field.end : field.begin);
            return left;  // the first field is the word, which may be any
        }
        if (!std::isfinite(row[j]) && damage.fault == Fault::none) {
            damage.fault = Fault::not_finite;
            damage.field.assign(field.begin, field.end);
        }
        left = field.begin;
        ++damage.found;
    }
    return left;
}

// A word without the separators around it.
std::string_view trimmed(const char* begin, const char* end) {
    while (end > begin && is_separator(end[-1])) --end;
    while (begin < end && is_separator(*begin)) ++begin;
    return {begin, static_cast<std::size_t>(end - begin)};
}

// The general form of a line [begin, end), *end == '\n': blank, with spaces in the word, or
// damaged.
void parse_any_line(const char* begin, const char* end, std::size_t dim, float* row,
                    std::int64_t line, ParsedVectors& out) {
    while (end > begin && (is_separator(end[-1]) || end[-1] == '\r')) --end;
    if (begin == end) return;
    Damage damage{.fault = Fault::none, .line = line, .found = 0, .field = {}};
    const char* word_end = parse_from_right(begin, end, dim, row, damage);
    if (damage.fault != Fault::too_few && word_end == begin) {
        damage.fault = Fault::no_word;
        damage.field.clear();
    }
    if (damage.fault != Fault::none) {
        out.damage = std::move(damage);
        return;
    }
    out.words += trimmed(begin, word_end);
    out.words.push_back('\n');
    out.lines.push_back(line);
    ++out.n_rows;
}

// Parse whole lines that all end in '\n'.
void parse_lines(std::string_view text, std::int64_t line, std::size_t dim, float* vectors,
                 ParsedVectors& out) {
    const char* p = text.data();
    const char* const end = p + text.size();
    for (; p < end; ++line) {
        float* row = vectors + out.n_rows * dim;
        const char* newline = parse_plain_line(p, dim, row, out.words);
        if (newline != nullptr) {
            out.lines.push_back(line);
            ++out.n_rows;
        } else {
            newline = end_of_line(p, end);
            parse_any_line(p, newline, dim, row, line, out);
            if (out.damage.fault != Fault::none) return;
        }
        p = newline + 1;
    }
}

// How many bytes of a part are whole lines after which the numbers' parser may still look ahead
// without passing the end of the text.
std::size_t bytes_with_room(std::string_view part, const char* text_end) {
    const auto after = static_cast<std::size_t>(text_end - (part.data() + part.size()));
    if (after >= kReadAhead) return part.size();
    const std::size_t safe = part.size() - std::min(part.size(), kReadAhead - after);
    return part.substr(0, safe).rfind('\n') + 1;  // npos + 1 == 0
}

// Parse a part of a text that ends at `text_end`: the lines too near its end from a longer copy.
void parse_part(Part& part, const char* text_end, std::size_t dim, float* vectors) {
    const auto first = static_cast<std::int64_t>(part.first_line);
    const std::size_t whole = bytes_with_room(part.text, text_end);
    const std::string_view lines = part.text.substr(0, whole);
    parse_lines(lines, first, dim, vectors, part.parsed);
    if (whole == part.text.size() || part.parsed.damage.fault != Fault::none) return;
    std::string rest(part.text.substr(whole));
    if (rest.back() != '\n') rest.push_back('\n');
    const std::size_t size = rest.size();
    rest.append(kReadAhead, '\n');
    const auto line = first + static_cast<std::int64_t>(count_lines(lines));
    parse_lines(std::string_view(rest).substr(0, size), line, dim, vectors, part.parsed);
}

std::vector<Part> split_into_parts(std::string_view text, unsigned threads) {
    const std::size_t n_parts = useful_threads(threads, text.size(), kSmallestPart);
    std::vector<Part> parts;
    std::size_t begin = 0;
    std::size_t line = 0;
    for (std::size_t i = 0; i < n_parts && begin < text.size(); ++i) {
        std::size_t end = text.size();
        if (i + 1 < n_parts) {
            const std::size_t near = std::max(begin, text.size() / n_parts * (i + 1));
            const std::size_t newline = text.find('\n', near);
            if (newline != std::string_view::npos) end = newline + 1;
        }
        Part part;
        part.text = text.substr(begin, end - begin);
        part.first_line = line;
        line += count_lines(part.text);
        begin = end;
        parts.push_back(std::move(part));
    }
    return parts;
}

// Move the rows of each part to follow those of the part before it, and join the words.
ParsedVectors join(std::vector<Part>& parts, std::size_t dim, float* vectors) {
    ParsedVectors all;
    for (Part& part : parts) {
        ParsedVectors& parsed = part.parsed;
        if (parsed.damage.fault != Fault::none) {
            all.damage = parsed.damage;
            return all;
        }
        if (part.first_line != all.n_rows) {
            std::memmove(vectors + all.n_rows * dim, vectors + part.first_line * dim,
                         parsed.n_rows * dim * sizeof(float));
        }
        all.n_rows += parsed.n_rows;
        if (parts.size() == 1) {
            all.words = std::move(parsed.words);
            all.lines = std::move(parsed.lines);
        } else {
            all.words += parsed.words;
            all.lines.insert(all.lines.end(), parsed.lines.begin(), parsed.lines.end());
        }
    }
    if (!all.words.empty()) all.words.pop_back();  // joined by '\n', none at the end
    return all;
}

}  // namespace

std::size_t count_lines(std::string_view text) {
    std::size_t lines = 0;
    for (std::size_t begin = 0; begin < text.size(); ++lines) {
        const std::size_t newline = text.find('\n', begin);
        begin = newline == std::string_view::npos ? text.size() : newline + 1;
    }
    return lines;
}

ParsedVectors parse_vectors(std::string_view text, std::size_t dim, unsigned threads,
                            float* vectors) {
    std::vector<Part> parts = split_into_parts(text, threads);
    const char* const text_end = text.data() + text.size();
    const auto n_parts = static_cast<unsigned>(parts.size());
    parallel_ranges(n_parts, n_parts, [&](unsigned, std::uint64_t first, std::uint64_t last) {
        for (std::uint64_t i = first; i < last; ++i)
            parse_part(parts[i], text_end, dim, vectors + parts[i].first_line * dim);
    });
    return join(parts, dim, vectors);
}

}  // namespace iiq::text
