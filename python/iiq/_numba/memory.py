"""The twin of ``csrc/base/mapped.cpp``: Python alone cannot map a file and room behind it."""


def mapped_room(file: int, offset: int, n_file: int, n_bytes: int) -> None:
    """Return None: what lies in a file is copied."""
