#include <stdexcept>

#include "kernels/cpu.h"
#include "tests/check.h"

TEST(scalar_is_always_there_and_last) {
    CHECK(iiq::available(iiq::Isa::scalar));
    CHECK(iiq::available_sets().back() == iiq::Isa::scalar);
}

TEST(a_set_is_found_by_its_name) {
    for (iiq::Isa isa : iiq::available_sets()) CHECK(iiq::find_set(iiq::name_of(isa)) == isa);
    CHECK(iiq::find_set("auto") == iiq::available_sets().front());
}

TEST(an_unknown_set_is_refused) {
    bool refused = false;
    try {
        iiq::find_set("sse9");
    } catch (const std::invalid_argument& error) {
        refused = std::string(error.what()).find("scalar") != std::string::npos;
    }
    CHECK(refused);
}
