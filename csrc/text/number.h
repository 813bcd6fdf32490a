// One decimal number of a text file: the nearest double, rounded to float.
//
// The result is what Python's float() rounded to float32 gives, in any locale. Nearly every number
// of a published vector file has few digits: then mantissa and power of ten are exact doubles and
// one division or product is the correctly rounded answer (Clinger 1990). The rest goes to
// std::from_chars.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace iiq::text {

// parse_number may look at this many bytes past the character that ends the number.
constexpr std::size_t kReadAhead = 8;

// Numbers this short way can't read: many digits, large exponents, nan, inf. Reads from `begin` up
// to a character that can't belong to the number; returns nullptr where there is no number.
const char* parse_number_slowly(const char* begin, float& value);

inline bool is_digit(char c) { return static_cast<unsigned char>(c - '0') < 10; }

// Append the digits at `p` to `mantissa`, eight at a time; return the position after them.
inline const char* append_digits(const char* p, std::uint64_t& mantissa) {
    if constexpr (std::endian::native == std::endian::little) {
        constexpr std::uint64_t powers[] = {1,      10,      100,      1000,     10000,
                                            100000, 1000000, 10000000, 100000000};
        std::uint64_t bytes;
        std::memcpy(&bytes, p, sizeof bytes);
        // The high bit of each byte that is no digit; the lowest such byte ends the number.
        const std::uint64_t others =
            ((bytes + 0x4646464646464646) | (bytes - 0x3030303030303030)) & 0x8080808080808080;
        const int n_digits = others == 0 ? 8 : std::countr_zero(others) / 8;
        if (n_digits == 0) return p;
        // Digits in the upper bytes, zeros before them; then pairs, fours and eights of digits.
        std::uint64_t value = (bytes - 0x3030303030303030) << (64 - 8 * n_digits);
        value = (value * 10 + (value >> 8)) & 0x00ff00ff00ff00ff;
        value = (value * 100 + (value >> 16)) & 0x0000ffff0000ffff;
        value = (value * 10000 + (value >> 32)) & 0x00000000ffffffff;
        mantissa = mantissa * powers[n_digits] + value;
        p += n_digits;
        if (n_digits < 8) return p;
    }
    while (is_digit(*p)) mantissa = 10 * mantissa + static_cast<std::uint64_t>(*p++ - '0');
    return p;
}

// Read [+-]digits[.digits][e[+-]digits], or nan, inf, infinity in any case, from `p`.
//
// `p` must run to a character that can't belong to a number (a line's newline). Returns the
// position after the number, or nullptr. A value too large for float is infinite, one too small is
// zero.
inline const char* parse_number(const char* p, float& value) {
    constexpr double powers[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8, 1e9,
                                 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18};
    const char* const begin = p;
    const bool negative = *p == '-';
    if (negative || *p == '+') ++p;
    std::uint64_t mantissa = 0;
    const char* const first = p;
    while (is_digit(*p)) mantissa = 10 * mantissa + static_cast<std::uint64_t>(*p++ - '0');
    std::int64_t digits = p - first;
    std::int64_t fraction = 0;
    if (*p == '.') {
        const char* const after_point = ++p;
        p = append_digits(p, mantissa);
        fraction = p - after_point;
        digits += fraction;
    }
    // Up to 18 digits the mantissa has not overflowed; up to 2^53 it is an exact double.
    const bool is_short = digits > 0 && digits <= 18 && mantissa <= (std::uint64_t{1} << 53);
    if (!is_short || (*p | 0x20) == 'e') return parse_number_slowly(begin, value);
    const double magnitude = static_cast<double>(mantissa) / powers[fraction];
    value = static_cast<float>(negative ? -magnitude : magnitude);
    return p;
}

}  // namespace iiq::text
