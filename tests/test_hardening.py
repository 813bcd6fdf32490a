"""The built module: what is loaded cannot be written to; a stack that is overrun ends all."""

import importlib.util
import struct
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="how ELF files are protected")

PT_DYNAMIC, PT_GNU_STACK, PT_GNU_RELRO = 2, 0x6474E551, 0x6474E552
DT_TEXTREL, DT_FLAGS, DT_FLAGS_1 = 22, 30, 0x6FFFFFFB
BIND_NOW, NOW, EXECUTABLE = 8, 1, 1


@pytest.fixture(scope="module")
def module():
    found = importlib.util.find_spec("iiq._core")
    assert found is not None, "the compiled core is not there"
    return Path(found.origin).read_bytes()


@pytest.fixture(scope="module")
def segments(module):
    """Type -> (flags, offset, size) of each program header of a 64-bit ELF file."""
    assert module[:5] == b"\x7fELF\x02"
    (start,) = struct.unpack_from("<Q", module, 32)
    size, count = struct.unpack_from("<HH", module, 54)
    headers = [struct.unpack_from("<IIQQQQQQ", module, start + i * size) for i in range(count)]
    return {kind: (flags, offset, length) for kind, flags, offset, _, _, length, *_ in headers}


def test_full_relro_and_immediate_binding(module, segments):
    assert PT_GNU_RELRO in segments
    _, offset, length = segments[PT_DYNAMIC]
    entries = dict(struct.iter_unpack("<qQ", module[offset : offset + length]))
    assert entries.get(DT_FLAGS, 0) & BIND_NOW
    assert entries.get(DT_FLAGS_1, 0) & NOW
    assert DT_TEXTREL not in entries


def test_no_stack_can_be_executed(segments):
    flags, _, _ = segments[PT_GNU_STACK]
    assert not flags & EXECUTABLE


def test_stack_protector(module):
    assert b"__stack_chk_fail\0" in module


def test_fortify_is_asked_for():
    # the module itself cannot tell: no library call of the core has a buffer for it to guard
    rules = (Path(__file__).parent.parent / "CMakeLists.txt").read_text(encoding="utf-8")
    for flag in ("-fstack-protector-strong", "-D_FORTIFY_SOURCE=2", "-z,relro,-z,now"):
        assert flag in rules
