// Memory of files for Python: room behind an array that is mapped.
#include <memory>

#include "base/mapped.h"
#include "bindings/bindings.h"

namespace py = pybind11;
using namespace py::literals;

namespace iiq::bindings {

static py::object mapped_room(int file, std::uint64_t offset, std::size_t n_file,
                              std::size_t n_bytes) {
    require(n_file <= n_bytes, "the bytes of the file must fit the room");
    auto room = std::make_unique<MappedRoom>(file, offset, n_file, n_bytes);
    std::uint8_t* data = room->data();
    if (data == nullptr) return py::none();
    const py::capsule owner(room.release(), [](void* p) { delete static_cast<MappedRoom*>(p); });
    return py::array_t<std::uint8_t>(static_cast<py::ssize_t>(n_bytes), data, owner);
}

void add_memory(py::module_& m) {
    m.def("mapped_room", &mapped_room, "file"_a, "offset"_a, "n_file"_a, "n_bytes"_a,
          "Bytes of an open file and zeros behind them, to be written to; or None.");
}

}  // namespace iiq::bindings
