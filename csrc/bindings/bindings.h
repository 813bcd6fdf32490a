// What the binding files share. Only this folder knows pybind11: check, release the GIL, call.
#pragma once

#include <pybind11/numpy.h>
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "codes/layout.h"

namespace iiq::bindings {

// A C-contiguous array of exactly T; the Python layer has converted it before it comes here.
template <class T>
using Array = pybind11::array_t<T, pybind11::array::c_style>;

// What could read or write outside an array is checked by this, whatever Python has checked before.
inline void require(bool condition, const char* what) {
    if (!condition) throw std::invalid_argument(what);
}

// Codes in the blocked layout, where they lie.
inline BlockedCodes view(const Array<std::uint8_t>& blocks, std::uint64_t n_codes,
                         std::size_t n_bits) {
    require(n_bits >= 1, "n_bits must be at least 1");
    const std::uint64_t wanted = blocks_for(n_codes) * block_bytes(n_bits);
    require(static_cast<std::uint64_t>(blocks.nbytes()) == wanted,
            "blocks have the wrong size for n_codes and n_bits");
    return {blocks.data(), n_codes, n_bits};
}

// Each of these adds one group of functions to the module (one file each).
void add_decode(pybind11::module_& m);
void add_memory(pybind11::module_& m);
void add_refine(pybind11::module_& m);
void add_search(pybind11::module_& m);
void add_text(pybind11::module_& m);
void add_train(pybind11::module_& m);
void add_words(pybind11::module_& m);

}  // namespace iiq::bindings
