"""The little of an ELF file that says how a compiled module is protected, and what it needs."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from functools import cached_property

PT_LOAD, PT_DYNAMIC, PT_GNU_STACK, PT_GNU_RELRO = 1, 2, 0x6474E551, 0x6474E552
DT_NEEDED, DT_STRTAB, DT_SYMTAB, DT_STRSZ, DT_TEXTREL, DT_RPATH = 1, 5, 6, 10, 22, 15
DT_RUNPATH, DT_FLAGS, DT_FLAGS_1 = 29, 30, 0x6FFFFFFB
BIND_NOW, NOW, EXECUTABLE = 8, 1, 1
SHT_DYNSYM, SHT_SYMTAB, STB_LOCAL = 11, 2, 0
MACHINES = {62: "x86_64", 183: "aarch64"}


@dataclass(frozen=True)
class Elf:
    """A 64-bit little-endian ELF file."""

    data: bytes

    def __post_init__(self) -> None:
        if self.data[:6] != b"\x7fELF\x02\x01":
            raise ValueError(f"want a 64-bit little-endian ELF file, got {self.data[:6]!r}")

    @property
    def machine(self) -> str:
        """Return the CPU that it is for."""
        (number,) = struct.unpack_from("<H", self.data, 18)
        return MACHINES.get(number, str(number))

    @cached_property
    def segments(self) -> list[tuple[int, int, int, int, int]]:
        """Return (type, flags, offset, address, size in the file) of each program header."""
        (start,) = struct.unpack_from("<Q", self.data, 32)
        size, count = struct.unpack_from("<HH", self.data, 54)
        headers = [
            struct.unpack_from("<IIQQQQQQ", self.data, start + i * size) for i in range(count)
        ]
        return [(kind, flags, at, address, n) for kind, flags, at, address, _, n, *_ in headers]

    @cached_property
    def dynamic(self) -> list[tuple[int, int]]:
        """Return the entries of the dynamic section."""
        for kind, _, at, _, size in self.segments:
            if kind == PT_DYNAMIC:
                return list(struct.iter_unpack("<qQ", self.data[at : at + size]))
        return []

    @cached_property
    def sections(self) -> list[tuple[int, int, int, int]]:
        """Return (type, offset, size, link) of each section header."""
        (start,) = struct.unpack_from("<Q", self.data, 40)
        size, count = struct.unpack_from("<HH", self.data, 58)
        headers = [
            struct.unpack_from("<IIQQQQII", self.data, start + i * size) for i in range(count)
        ]
        return [(kind, at, n, link) for _, kind, _, _, at, n, link, _ in headers]

    def _text(self, table: int, at: int) -> str:
        return self.data[table + at : self.data.index(b"\0", table + at)].decode()

    @cached_property
    def needed(self) -> list[str]:
        """Return the libraries that the loader brings."""
        address = dict(self.dynamic)[DT_STRTAB]
        table = next(
            at + address - first
            for kind, _, at, first, size in self.segments
            if kind == PT_LOAD and first <= address < first + size
        )
        return [self._text(table, value) for tag, value in self.dynamic if tag == DT_NEEDED]

    @cached_property
    def symbols(self) -> tuple[set[str], set[str]]:
        """Return the dynamic symbols that others can see and those that it wants of others."""
        defined: set[str] = set()
        wanted: set[str] = set()
        for kind, at, size, link in self.sections:
            if kind == SHT_DYNSYM:
                strings = self.sections[link][1]
                entries = struct.iter_unpack("<IBBHQQ", self.data[at : at + size])
                for name, info, _, section, _, _ in entries:
                    if info >> 4 != STB_LOCAL:
                        (defined if section else wanted).add(self._text(strings, name))
        return defined - {""}, wanted - {""}

    def faults(self) -> list[str]:
        """Return what keeps it from being as protected as it could be, in words."""
        kinds = {kind: flags for kind, flags, *_ in self.segments}
        tags = dict(self.dynamic)
        checks = {
            "no RELRO": PT_GNU_RELRO in kinds,
            "lazy binding": bool(tags.get(DT_FLAGS, 0) & BIND_NOW or tags.get(DT_FLAGS_1, 0) & NOW),
            "text relocations": DT_TEXTREL not in tags,
            "an executable stack": not kinds.get(PT_GNU_STACK, EXECUTABLE) & EXECUTABLE,
            "no stack protector": "__stack_chk_fail" in self.symbols[1],
            "a path of its own for libraries": not {DT_RPATH, DT_RUNPATH} & set(tags),
        }
        return [fault for fault, good in checks.items() if not good]

    @property
    def stripped(self) -> bool:
        """Return whether the names for debuggers are gone."""
        return all(kind != SHT_SYMTAB for kind, *_ in self.sections)
