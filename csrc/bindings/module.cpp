// The module's table of contents: what _core offers, group by group.
#include "bindings/bindings.h"
#include "kernels/cpu.h"

namespace py = pybind11;

static std::vector<std::string> kernel_sets() {
    std::vector<std::string> names;
    for (iiq::Isa isa : iiq::available_sets()) names.emplace_back(iiq::name_of(isa));
    return names;
}

PYBIND11_MODULE(_core, m, py::mod_gil_not_used()) {
    m.doc() = "The compiled core of iiq. Private: use the names in iiq.";
    m.def("kernel_sets", &kernel_sets, "Names of the kernel sets available here, fastest first.");
    iiq::bindings::add_decode(m);
    iiq::bindings::add_memory(m);
    iiq::bindings::add_refine(m);
    iiq::bindings::add_search(m);
    iiq::bindings::add_text(m);
    iiq::bindings::add_train(m);
    iiq::bindings::add_words(m);
}
