"""Packed codes: bits, the index that searches them, and the graph of nearest codes."""
