// Asking for a line of memory ahead of its use. The address need not exist.
#pragma once

namespace iiq {

inline void read_soon([[maybe_unused]] const void* address) {
#if defined(__GNUC__)
    __builtin_prefetch(address);
#endif
}
inline void write_soon([[maybe_unused]] const void* address) {
#if defined(__GNUC__)
    __builtin_prefetch(address, 1);
#endif
}

}  // namespace iiq
