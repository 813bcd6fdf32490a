// Memory for blocks: aligned to a cache line, on huge pages where the system gives them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

namespace iiq {

struct FreeBuffer {
    void operator()(std::uint8_t* memory) const;
};
using Buffer = std::unique_ptr<std::uint8_t[], FreeBuffer>;

// At least one byte, aligned to 64 bytes; not cleared. Throws std::bad_alloc.
Buffer make_buffer(std::size_t n_bytes);

}  // namespace iiq
