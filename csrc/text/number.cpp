#include "text/number.h"

#include <charconv>
#include <cstdlib>
#include <limits>
#include <string>
#include <system_error>

#if !defined(__cpp_lib_to_chars)
#include <clocale>
#include <cstring>
#endif

namespace iiq::text {

namespace {

bool starts_with_ignoring_case(const char* p, const char* lower) {
    for (; *lower; ++p, ++lower) {
        if ((*p | 0x20) != *lower) return false;
    }
    return true;
}

const char* skip_digits(const char* p) {
    while (is_digit(*p)) ++p;
    return p;
}

// The end of [digits][.digits][e[+-]digits] from `p`, or nullptr if it has no digit.
const char* end_of_decimal(const char* p) {
    const char* const whole = p;
    p = skip_digits(p);
    std::int64_t digits = p - whole;
    if (*p == '.') {
        const char* const fraction = ++p;
        p = skip_digits(p);
        digits += p - fraction;
    }
    if (digits == 0) return nullptr;
    if ((*p | 0x20) == 'e') {
        const char* exponent = p + 1;
        if (*exponent == '+' || *exponent == '-') ++exponent;
        if (is_digit(*exponent)) p = skip_digits(exponent);
    }
    return p;
}

#if defined(__cpp_lib_to_chars)
// The power of ten just above the first digit that is not zero: 2 of 12.3, -1 of 0.012.
std::int64_t scale_of(const char* p) {
    while (*p == '0') ++p;
    const char* const whole = p;
    p = skip_digits(p);
    if (p > whole) return p - whole;
    if (*p == '.') ++p;
    const char* const fraction = p;
    while (*p == '0') ++p;
    return fraction - p;
}

// The number after 'e'; 0 where there is none.
std::int64_t exponent_of(const char* p, const char* end) {
    while (p < end && (*p | 0x20) != 'e') ++p;
    if (p == end) return 0;
    const bool negative = p[1] == '-';
    p += negative || p[1] == '+' ? 2 : 1;
    std::int64_t exponent = 0;
    for (; p < end && exponent < (std::int64_t{1} << 40); ++p)
        exponent = 10 * exponent + (*p - '0');
    return negative ? -exponent : exponent;
}

// A decimal outside the range of double: is it too large (else too small)?
bool is_huge(const char* p, const char* end) { return scale_of(p) + exponent_of(p, end) > 0; }

double to_double(const char* begin, const char* end) {
    double value = 0;
    const auto result = std::from_chars(begin, end, value);
    if (result.ec == std::errc::result_out_of_range) {
        return is_huge(begin, end) ? std::numeric_limits<double>::infinity() : 0.0;
    }
    return value;
}
#else
// A standard library without from_chars for double: strtod wants the locale's decimal point.
double to_double(const char* begin, const char* end) {
    std::string copy(begin, end);
    const auto point = copy.find('.');
    if (point != std::string::npos) copy.replace(point, 1, std::localeconv()->decimal_point);
    return std::strtod(copy.c_str(), nullptr);
}
#endif

}  // namespace

const char* parse_number_slowly(const char* begin, float& value) {
    const char* p = begin;
    const bool negative = *p == '-';
    if (*p == '-' || *p == '+') ++p;
    double magnitude = 0;
    const char* end = end_of_decimal(p);
    if (end != nullptr) {
        magnitude = to_double(p, end);
    } else if (starts_with_ignoring_case(p, "nan")) {
        magnitude = std::numeric_limits<double>::quiet_NaN();
        end = p + 3;
    } else if (starts_with_ignoring_case(p, "inf")) {
        magnitude = std::numeric_limits<double>::infinity();
        end = p + (starts_with_ignoring_case(p, "infinity") ? 8 : 3);
    } else {
        return nullptr;
    }
    constexpr double largest = std::numeric_limits<float>::max();
    // Half a unit above the largest float rounds to infinity; the cast of such a double is
    // undefined.
    constexpr double limit = 0x1.ffffffp127;
    const float rounded = magnitude >= limit    ? std::numeric_limits<float>::infinity()
                          : magnitude > largest ? std::numeric_limits<float>::max()
                                                : static_cast<float>(magnitude);
    value = negative ? -rounded : rounded;
    return end;
}

}  // namespace iiq::text
