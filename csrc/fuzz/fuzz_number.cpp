// Any bytes as a decimal number: the float of what strtod reads, where that reads a decimal.
#include <cmath>
#include <cstring>
#include <string>

#include "fuzz/bytes.h"
#include "text/number.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    std::string digits(reinterpret_cast<const char*>(data), size);
    digits = digits.substr(0, digits.find_first_of(std::string("\n\0xXpP", 6)));  // none of ours
    const std::string padded = digits + "\n" + std::string(iiq::text::kReadAhead, '\n');
    float value = 0;
    const char* end = iiq::text::parse_number(padded.c_str(), value);
    if (!end) return 0;
    fuzz::must(end > padded.c_str() && end <= padded.c_str() + digits.size(), "end");
    const std::string taken(padded.c_str(), end);
    char* wanted_end = nullptr;
    const double wide = std::strtod(taken.c_str(), &wanted_end);
    fuzz::must(*wanted_end == 0, "strtod takes less");
    const float wanted = std::strtof(taken.c_str(), nullptr);
    fuzz::must(value == wanted || value == static_cast<float>(wide) ||
                   (std::isnan(value) && std::isnan(wanted)),
               "another number");
    return 0;
}
