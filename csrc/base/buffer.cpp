#include "base/buffer.h"

#include <new>

#if defined(__linux__)
#include <sys/mman.h>
#endif

namespace iiq {
namespace {

constexpr std::size_t kCacheLine = 64;
#if defined(__linux__)
constexpr std::size_t kHugePage = std::size_t{2} << 20;
#endif

}  // namespace

// The aligned operator delete needs the alignment given to new, so there is one for all sizes; a
// large buffer starts inside it on a huge page only by the allocator's grace: madvise then covers
// the whole huge pages within.
void FreeBuffer::operator()(std::uint8_t* memory) const {
    ::operator delete[](memory, std::align_val_t{kCacheLine});
}

Buffer make_buffer(std::size_t n_bytes) {
    auto* memory = static_cast<std::uint8_t*>(
        ::operator new[](n_bytes ? n_bytes : 1, std::align_val_t{kCacheLine}));
#if defined(__linux__)
    if (n_bytes >= 2 * kHugePage) {
        const auto address = reinterpret_cast<std::uintptr_t>(memory);
        const auto first = (address + kHugePage - 1) / kHugePage * kHugePage;
        const auto last = (address + n_bytes) / kHugePage * kHugePage;
        // Advice only: a system without huge pages says no, and nothing is lost.
        if (last > first) madvise(reinterpret_cast<void*>(first), last - first, MADV_HUGEPAGE);
    }
#endif
    return Buffer(memory);
}

}  // namespace iiq
