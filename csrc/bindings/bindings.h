// What the binding files share. Only this folder knows pybind11: check, release the GIL, call.
#pragma once

#include <pybind11/numpy.h>
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace iiq::bindings {

// A C-contiguous array of exactly T; the Python layer has converted it before it comes here.
template <class T>
using Array = pybind11::array_t<T, pybind11::array::c_style>;

// What could read or write outside an array is checked by this, whatever Python has checked before.
inline void require(bool condition, const char* what) {
    if (!condition) throw std::invalid_argument(what);
}

// Each of these adds one group of functions to the module (one file each).
void add_refine(pybind11::module_& m);
void add_search(pybind11::module_& m);
void add_text(pybind11::module_& m);
void add_train(pybind11::module_& m);
void add_words(pybind11::module_& m);

}  // namespace iiq::bindings
