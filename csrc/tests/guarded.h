// A copy of some bytes between two pages that may not be touched, so that one read past an end ends
// the test. Where there is no mmap it lies on the heap, for a sanitizer to watch.
#pragma once

#include <cstring>
#include <memory>
#include <new>
#include <string_view>

#if defined(__unix__) || defined(__APPLE__)
#include <sys/mman.h>
#include <unistd.h>
#endif

namespace guarded {

#if defined(__unix__) || defined(__APPLE__)
class Copy {
  public:
    // The copy ends where the page after it begins.
    explicit Copy(std::string_view bytes) {
        const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
        const std::size_t inner = (bytes.size() + page - 1) / page * page;
        size_ = inner + 2 * page;
        void* memory = mmap(nullptr, size_, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (memory == MAP_FAILED) throw std::bad_alloc();
        memory_ = static_cast<char*>(memory);
        if (inner > 0 && mprotect(memory_ + page, inner, PROT_READ | PROT_WRITE) != 0)
            throw std::bad_alloc();
        char* begin = memory_ + page + inner - bytes.size();
        std::memcpy(begin, bytes.data(), bytes.size());
        view = {begin, bytes.size()};
    }
    ~Copy() { munmap(memory_, size_); }
    Copy(const Copy&) = delete;
    Copy& operator=(const Copy&) = delete;

    std::string_view view;

  private:
    char* memory_;
    std::size_t size_;
};
#else
class Copy {
  public:
    explicit Copy(std::string_view bytes) : memory_(new char[bytes.size()]) {
        std::memcpy(memory_.get(), bytes.data(), bytes.size());
        view = {memory_.get(), bytes.size()};
    }
    std::string_view view;

  private:
    std::unique_ptr<char[]> memory_;
};
#endif

}  // namespace guarded
