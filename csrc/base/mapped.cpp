#include "base/mapped.h"

#include <cstring>

#if defined(__unix__) || defined(__APPLE__)
#define IIQ_MAPS 1
#include <sys/mman.h>
#include <unistd.h>
#ifndef MAP_NORESERVE
#define MAP_NORESERVE 0
#endif
#else
#define IIQ_MAPS 0
#endif

namespace iiq {

#if IIQ_MAPS

MappedRoom::MappedRoom(int file, std::uint64_t offset, std::size_t n_file, std::size_t n_bytes) {
    const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
    const auto up = [page](std::size_t n) { return (n + page - 1) / page * page; };
    const auto lead = static_cast<std::size_t>(offset % page);
    const std::size_t n_mapped = up(lead + n_file), n_pages = up(lead + n_bytes);
    constexpr int kAccess = PROT_READ | PROT_WRITE, kKind = MAP_PRIVATE | MAP_NORESERVE;
    void* pages = mmap(nullptr, n_pages, kAccess, kKind | MAP_ANONYMOUS, -1, 0);
    if (pages == MAP_FAILED) return;
    pages_ = pages;
    n_pages_bytes_ = n_pages;
    const auto start = static_cast<off_t>(offset - lead);
    if (mmap(pages, n_mapped, kAccess, kKind | MAP_FIXED, file, start) == MAP_FAILED) return;
    auto* bytes = static_cast<std::uint8_t*>(pages);
    // The last page goes on with what follows in the file.
    std::memset(bytes + lead + n_file, 0, n_mapped - lead - n_file);
    data_ = bytes + lead;
}

MappedRoom::~MappedRoom() {
    if (pages_ != nullptr) munmap(pages_, n_pages_bytes_);
}

#else

MappedRoom::MappedRoom(int, std::uint64_t, std::size_t, std::size_t) {}
MappedRoom::~MappedRoom() = default;

#endif

}  // namespace iiq
