// Memory that begins with bytes of a file and goes on with zeros.
//
// The file's pages are shared with whoever maps it, too, until they are written to: then this
// memory has a copy of the page, and the file stays as it is. So what lies in a file grows without
// being copied.
#pragma once

#include <cstddef>
#include <cstdint>

namespace iiq {

class MappedRoom {
  public:
    // `n_file` bytes from `offset` of an open file, then zeros up to `n_bytes`. Where the system
    // does not map files like this, or refuses, data() is null.
    MappedRoom(int file, std::uint64_t offset, std::size_t n_file, std::size_t n_bytes);
    ~MappedRoom();
    MappedRoom(const MappedRoom& other) = delete;
    MappedRoom& operator=(const MappedRoom& other) = delete;

    std::uint8_t* data() const { return data_; }

  private:
    void* pages_ = nullptr;
    std::size_t n_pages_bytes_ = 0;
    std::uint8_t* data_ = nullptr;
};

}  // namespace iiq
