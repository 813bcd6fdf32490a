"""
The compiled core of iiq. Private: use the names in iiq.
"""
from __future__ import annotations
import numpy
import numpy.typing
import typing
import typing_extensions
__all__: list[str] = ['DecodedCodes', 'WordStore', 'WordStoreBuilder', 'candidates', 'code_sums', 'distances', 'encode', 'format_rows', 'gather_codes', 'hamming_rows', 'kernel_sets', 'make_blocks', 'mapped_room', 'multiply', 'pairs_within', 'parse_vectors', 'project', 'quantize', 'read_all', 'refine_codes', 'rotation_step', 'search', 'search_asymmetric', 'stray_bits', 'unit_rows']
class DecodedCodes:
    """
    Codes as vectors: base plus the rows of set bits, in units.
    """
    def __init__(self, blocks: typing.Annotated[numpy.typing.ArrayLike, numpy.uint8], n_codes: typing.SupportsInt | typing.SupportsIndex, n_bits: typing.SupportsInt | typing.SupportsIndex, rows: typing.Annotated[numpy.typing.ArrayLike, numpy.float32], base: typing.Annotated[numpy.typing.ArrayLike, numpy.float64], unit: typing.SupportsFloat | typing.SupportsIndex) -> None:
        ...
    def cosine(self, one: typing.SupportsInt | typing.SupportsIndex, two: typing.SupportsInt | typing.SupportsIndex) -> float:
        """
        The cosine of two vectors.
        """
    def cosines(self, one: typing.SupportsInt | typing.SupportsIndex, ids: typing.Annotated[numpy.typing.ArrayLike, numpy.int64]) -> numpy.typing.NDArray[numpy.float64]:
        """
        The cosines of one vector with those of ids.
        """
    def row_at(self, id: typing.SupportsInt | typing.SupportsIndex) -> numpy.typing.NDArray[numpy.float64]:
        """
        The vector of one id.
        """
    def rows_at(self, ids: typing.Annotated[numpy.typing.ArrayLike, numpy.int64]) -> numpy.typing.NDArray[numpy.float64]:
        """
        The vectors of ids.
        """
class WordStore:
    """
    Words and their rows, in the arrays of a file.
    """
    def __init__(self, numbers: typing.Annotated[numpy.typing.ArrayLike, numpy.uint64], pieces: typing.Annotated[numpy.typing.ArrayLike, numpy.uint8], text: typing.Annotated[numpy.typing.ArrayLike, numpy.uint8], starts: typing.Annotated[numpy.typing.ArrayLike, numpy.uint64], rows: typing.Annotated[numpy.typing.ArrayLike, numpy.uint8], checks: typing.Annotated[numpy.typing.ArrayLike, numpy.uint32]) -> None:
        ...
    def find(self, word: typing.Any) -> int:
        """
        The row of a word; -1 if it is not there, or no word at all.
        """
    def find_many(self, words: typing.Any) -> tuple:
        """
        The rows of words, or -1, and how many are -1.
        """
    def word_at(self, row: typing.SupportsInt | typing.SupportsIndex) -> typing.Any:
        """
        The word of a row.
        """
    def words_at(self, rows: typing.Annotated[numpy.typing.ArrayLike, numpy.int64]) -> list:
        """
        The words of rows.
        """
class WordStoreBuilder:
    """
    Makes the arrays of a WordStore.
    """
    def __init__(self) -> None:
        ...
    def add(self, words: typing.Any) -> int:
        """
        Append words; the place of the first that is no str or has no UTF-8, or -1.
        """
    def build(self) -> tuple:
        """
        The six arrays; or the two rows of a word that stands twice, and the word.
        """
def candidates(blocks: typing.Annotated[numpy.typing.ArrayLike, numpy.uint8], n_codes: typing.SupportsInt | typing.SupportsIndex, n_bits: typing.SupportsInt | typing.SupportsIndex, queries: typing.Annotated[numpy.typing.ArrayLike, numpy.float32], k: typing.SupportsInt | typing.SupportsIndex, mask: typing.Annotated[numpy.typing.ArrayLike, numpy.uint32] | None, scales: tuple[typing.Annotated[numpy.typing.ArrayLike, numpy.uint16], typing.SupportsFloat | typing.SupportsIndex, typing.SupportsFloat | typing.SupportsIndex, typing.Annotated[numpy.typing.ArrayLike, numpy.float32] | None] | None, threads: typing.SupportsInt | typing.SupportsIndex, kernels: str) -> tuple:
    """
    Where each query's candidates begin, their ids and their sums.
    """
def code_sums(units: typing.Annotated[numpy.typing.ArrayLike, numpy.int16], codes: typing.Annotated[numpy.typing.ArrayLike, numpy.uint8], n_bits: typing.SupportsInt | typing.SupportsIndex, threads: typing.SupportsInt | typing.SupportsIndex, kernels: str) -> tuple[numpy.typing.NDArray[numpy.int32], numpy.typing.NDArray[numpy.int32]]:
    """
    B^T B and B^T units, B the codes as +-1: int32.
    """
def distances(blocks: typing.Annotated[numpy.typing.ArrayLike, numpy.uint8], n_codes: typing.SupportsInt | typing.SupportsIndex, n_bits: typing.SupportsInt | typing.SupportsIndex, query: typing.Annotated[numpy.typing.ArrayLike, numpy.uint8], threads: typing.SupportsInt | typing.SupportsIndex, kernels: str) -> numpy.typing.NDArray[numpy.int32]:
    """
    The distance of one query to each code.
    """
def encode(x: numpy.typing.NDArray[numpy.float32], mean: numpy.typing.NDArray[numpy.float64], projection: numpy.typing.NDArray[numpy.float64], codes: numpy.typing.NDArray[numpy.uint8], threads: typing.SupportsInt | typing.SupportsIndex, kernels: str) -> int:
    """
    Write the packed signs of (x - mean) projection into codes; return the first row that is not finite, or -1.
    """
def format_rows(words: bytes, vectors: typing.Annotated[numpy.typing.ArrayLike, numpy.float32]) -> bytes:
    """
    Lines of words (joined by newlines) and their numbers that read back the same.
    """
def gather_codes(blocks: typing.Annotated[numpy.typing.ArrayLike, numpy.uint8], n_codes: typing.SupportsInt | typing.SupportsIndex, n_bits: typing.SupportsInt | typing.SupportsIndex, ids: typing.Annotated[numpy.typing.ArrayLike, numpy.int64]) -> numpy.typing.NDArray[numpy.uint8]:
    """
    The codes of ids as rows.
    """
def hamming_rows(a: typing.Annotated[numpy.typing.ArrayLike, numpy.uint8], b: typing.Annotated[numpy.typing.ArrayLike, numpy.uint8]) -> numpy.typing.NDArray[numpy.int32]:
    """
    The distance of row i of a and row i of b.
    """
def kernel_sets() -> list[str]:
    """
    Names of the kernel sets available here, fastest first.
    """
def make_blocks(codes: typing.Annotated[numpy.typing.ArrayLike, numpy.uint8], n_bits: typing.SupportsInt | typing.SupportsIndex, threads: typing.SupportsInt | typing.SupportsIndex) -> numpy.typing.NDArray[numpy.uint8]:
    """
    Row-major codes in the blocked layout: uint8, one dimension.
    """
def mapped_room(file: typing.SupportsInt | typing.SupportsIndex, offset: typing.SupportsInt | typing.SupportsIndex, n_file: typing.SupportsInt | typing.SupportsIndex, n_bytes: typing.SupportsInt | typing.SupportsIndex) -> typing.Any:
    """
    Bytes of an open file and zeros behind them, to be written to; or None.
    """
def multiply(a: numpy.typing.NDArray[numpy.float32], b: numpy.typing.NDArray[numpy.float32], threads: typing.SupportsInt | typing.SupportsIndex, kernels: str) -> numpy.typing.NDArray[numpy.float32]:
    """
    a b in float32, the products of a sum in order; b may be a transposed view.
    """
def pairs_within(blocks: typing.Annotated[numpy.typing.ArrayLike, numpy.uint8], n_codes: typing.SupportsInt | typing.SupportsIndex, n_bits: typing.SupportsInt | typing.SupportsIndex, first: typing.SupportsInt | typing.SupportsIndex, last: typing.SupportsInt | typing.SupportsIndex, max_distance: typing.SupportsInt | typing.SupportsIndex, threads: typing.SupportsInt | typing.SupportsIndex, kernels: str) -> tuple:
    """
    Pairs (i, j), i < j, first <= i < last, at most max_distance apart, and distances.
    """
def parse_vectors(text: typing_extensions.Buffer, dim: typing.SupportsInt | typing.SupportsIndex, threads: typing.SupportsInt | typing.SupportsIndex) -> tuple:
    """
    Parse lines of a word and dim numbers: (words joined by newlines, float32 (n, dim), the
    line of each row from 0, the number of lines, None or the damage (kind, line, numbers found, field)).
    """
def project(x: numpy.typing.NDArray[numpy.float32], mean: numpy.typing.NDArray[numpy.float64], projection: numpy.typing.NDArray[numpy.float64], y: numpy.typing.NDArray[numpy.float32], threads: typing.SupportsInt | typing.SupportsIndex, kernels: str) -> int:
    """
    Write (x - mean) projection into y, in float32; return the first row that is not finite, or -1.
    """
def quantize(x: numpy.typing.NDArray[numpy.float32], mean: numpy.typing.NDArray[numpy.float64], projection: numpy.typing.NDArray[numpy.float64], scale: typing.SupportsFloat | typing.SupportsIndex, z: numpy.typing.NDArray[numpy.uint8], column_sums: numpy.typing.NDArray[numpy.int64], threads: typing.SupportsInt | typing.SupportsIndex, kernels: str) -> int:
    """
    Write scaled projections as bytes into z; return the first row that is not finite, or -1.
    """
def read_all(data: typing.Annotated[numpy.typing.ArrayLike, numpy.uint8]) -> int:
    """
    Exclusive or of all words: how fast memory can be read.
    """
def refine_codes(units: typing.Annotated[numpy.typing.ArrayLike, numpy.int16], codes: typing.Annotated[numpy.typing.ArrayLike, numpy.uint8], decoder: typing.Annotated[numpy.typing.ArrayLike, numpy.int16], shift: typing.SupportsInt | typing.SupportsIndex, gram: typing.Annotated[numpy.typing.ArrayLike, numpy.int16], threads: typing.SupportsInt | typing.SupportsIndex, kernels: str) -> numpy.typing.NDArray[numpy.uint8]:
    """
    Flip bits of packed codes while that lowers |z - M^T b|; a new array.
    """
def rotation_step(z: numpy.typing.NDArray[numpy.uint8], rotation: numpy.typing.NDArray[numpy.int8], bits: numpy.typing.NDArray[numpy.uint32], sums: numpy.typing.NDArray[numpy.int64], threads: typing.SupportsInt | typing.SupportsIndex, kernels: str) -> None:
    """
    Renew the signs of z rotation, and the sums of the rows they pick.
    """
def search(blocks: typing.Annotated[numpy.typing.ArrayLike, numpy.uint8], n_codes: typing.SupportsInt | typing.SupportsIndex, n_bits: typing.SupportsInt | typing.SupportsIndex, queries: typing.Annotated[numpy.typing.ArrayLike, numpy.uint8], k: typing.SupportsInt | typing.SupportsIndex, max_distance: typing.SupportsInt | typing.SupportsIndex, mask: typing.Annotated[numpy.typing.ArrayLike, numpy.uint32] | None, furthest: bool, threads: typing.SupportsInt | typing.SupportsIndex, kernels: str) -> tuple:
    """
    Distances and ids of the k nearest codes of each query.
    """
def search_asymmetric(blocks: typing.Annotated[numpy.typing.ArrayLike, numpy.uint8], n_codes: typing.SupportsInt | typing.SupportsIndex, n_bits: typing.SupportsInt | typing.SupportsIndex, queries: typing.Annotated[numpy.typing.ArrayLike, numpy.float32], k: typing.SupportsInt | typing.SupportsIndex, mask: typing.Annotated[numpy.typing.ArrayLike, numpy.uint32] | None, scales: tuple[typing.Annotated[numpy.typing.ArrayLike, numpy.uint16], typing.SupportsFloat | typing.SupportsIndex, typing.SupportsFloat | typing.SupportsIndex, typing.Annotated[numpy.typing.ArrayLike, numpy.float32] | None] | None, threads: typing.SupportsInt | typing.SupportsIndex, kernels: str) -> tuple:
    """
    Scores and ids of the k codes nearest to each float query.
    """
def stray_bits(blocks: typing.Annotated[numpy.typing.ArrayLike, numpy.uint8], n_codes: typing.SupportsInt | typing.SupportsIndex, n_bits: typing.SupportsInt | typing.SupportsIndex) -> int:
    """
    How many bits are set where none may be.
    """
def unit_rows(X: typing.Annotated[numpy.typing.ArrayLike, numpy.float32], mean: typing.Annotated[numpy.typing.ArrayLike, numpy.float64], removed: typing.Annotated[numpy.typing.ArrayLike, numpy.float64], threads: typing.SupportsInt | typing.SupportsIndex) -> numpy.typing.NDArray[numpy.int16]:
    """
    Rows less mean and removed directions (D, dim), scaled to length 2^14: int16.
    """
