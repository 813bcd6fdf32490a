# Compile with PyPI's ziglang for a target of another C library, CPU or system: its libc++ is linked
# in, so that a wheel needs nothing but the C library of that age. release/wheels.py sets both:
# IIQ_ZIG, the program, and IIQ_ZIG_TARGET, such as x86_64-linux-gnu.2.17.
set(target "$ENV{IIQ_ZIG_TARGET}")
if(target MATCHES "^(x86_64|aarch64)-(linux|macos|windows)")
  set(CMAKE_SYSTEM_PROCESSOR ${CMAKE_MATCH_1})
  set(systems_linux Linux)
  set(systems_macos Darwin)
  set(systems_windows Windows)
  set(CMAKE_SYSTEM_NAME ${systems_${CMAKE_MATCH_2}})
else()
  message(FATAL_ERROR "IIQ_ZIG_TARGET is '${target}': want CPU-SYSTEM-LIBRARY, such as x86_64-linux-gnu.2.17")
endif()
set(CMAKE_C_COMPILER "$ENV{IIQ_ZIG}" cc -target ${target})
set(CMAKE_CXX_COMPILER "$ENV{IIQ_ZIG}" c++ -target ${target})
set(CMAKE_CROSSCOMPILING_EMULATOR "$ENV{IIQ_EMULATOR}")
# CMake's own tests compile and do not link: that would want the C++ library for programs, too.
set(CMAKE_TRY_COMPILE_TARGET_TYPE STATIC_LIBRARY)
# zig is the archiver, too: the host may have none, or one of another CPU.
set(CMAKE_CXX_ARCHIVE_CREATE "$ENV{IIQ_ZIG} ar qc <TARGET> <OBJECTS>")
set(CMAKE_CXX_ARCHIVE_APPEND "$ENV{IIQ_ZIG} ar q <TARGET> <OBJECTS>")
set(CMAKE_CXX_ARCHIVE_FINISH "$ENV{IIQ_ZIG} ranlib <TARGET>")
# The host's strip knows no other CPU; the linker leaves the symbols out.
set(CMAKE_STRIP "" CACHE FILEPATH "")
set(CMAKE_MODULE_LINKER_FLAGS_INIT "-s")
# pybind11 would link with the whole C++ library compiled anew for this, to no gain that shows.
set(CMAKE_INTERPROCEDURAL_OPTIMIZATION OFF)
# The module is named for its own CPU (SETUPTOOLS_EXT_SUFFIX), not for the interpreter that builds it.
set(PYBIND11_USE_CROSSCOMPILING ON)
# What is not looked for on this machine: the other system's files are not here.
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
