"""A vocabulary as one web page that answers for itself: ``iiq explore``.

The page holds the file in base64, the JavaScript module that reads it (``js/`` of the repository)
and what shows the answers (``page/``). Its policy forbids every connection, and every script or
style but those whose hashes it names.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import html
import os
import re
import tempfile
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

import numpy as np

from iiq._support.files import is_vocabulary, replacing
from iiq._support.validate import as_int
from iiq._support.version import __version__
from iiq.vocabulary.keyed_vectors import BinaryKeyedVectors

COMFORTABLE = 200_000_000  # bytes of a vocabulary that browsers open without complaint
MOST = 380_000_000  # whose base64 still fits in one text of a browser
_ENTRY = "page/app.js"
_IMPORT = re.compile(r'^import \{([^}]*)\} from "([^"]+)";$', re.MULTILINE)
_EXPORT = re.compile(r"^export (?:async )?(?:class|const|function) (\w+)", re.MULTILINE)


def explore(
    vectors: BinaryKeyedVectors,
    path: str | os.PathLike[str],
    *,
    limit: int | None = None,
    title: str | None = None,
) -> int:
    """Write a web page that shows a vocabulary: neighbours as one types, a map, bits.

    The page needs neither server nor network. It answers as Python does (``scoring="decoded"`` or
    ``"hamming"``), in the same order and with the same scores.

    Parameters
    ----------
    vectors : BinaryKeyedVectors
        Its words, codes and encoder go into the page; kept vectors, n-grams and attributes do not.
    path : path
        The page to write; it replaces what is there as a whole or not at all.
    limit : int, optional
        Only the first ``limit`` words. By default all, if they take at most 200 MB.
    title : str, optional
        What the page is called; by default its file's name.

    Returns
    -------
    int
        The bytes of the page.

    Raises
    ------
    ValueError
        If the vocabulary is too large, or ``path`` is a compressed vocabulary.
    """
    target = Path(path)
    if is_vocabulary(target):
        raise ValueError(
            f"{target} is a compressed vocabulary, which a page would replace: name another file, "
            f"such as {target.with_suffix('.html').name}"
        )
    stored = gzip.compress(_file_of(_first(vectors, limit)), 6, mtime=0)
    page = _page(stored, target.stem if title is None else title)
    with replacing(target) as file:
        file.write(page)
    return len(page)


def _first(vectors: BinaryKeyedVectors, limit: int | None) -> BinaryKeyedVectors:
    """Return what goes into the page: the first words with their codes and the encoder."""
    n = len(vectors) if limit is None else min(as_int(limit, "limit", 1), len(vectors))
    words, index = vectors.index_to_key, vectors.index
    a_word = 2 * ((index.n_bits + 15) // 16 + 1) + words.nbytes() / len(words)
    if n * a_word > (COMFORTABLE if limit is None else MOST):
        fits = int(COMFORTABLE / a_word)
        raise ValueError(
            f"{n} words of {index.n_bits} bits take {n * a_word / 1e6:.0f} MB in a page, which is "
            f"more than browsers open well: limit={fits} takes the first {fits} words"
        )
    if n == len(vectors):
        return BinaryKeyedVectors(words, index, vectors.encoder, quality=vectors.quality)
    bare = BinaryKeyedVectors(words, index, vectors.encoder, quality=vectors.quality)
    return bare.take(np.arange(n))


def _file_of(vectors: BinaryKeyedVectors) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "vocabulary.iiq"
        vectors.save(path)
        return path.read_bytes()


def _page(stored: bytes, title: str) -> bytes:
    page = files("iiq.study") / "page"
    style, script = (page / "style.css").read_text("utf-8"), bundle()
    policy = (
        f"default-src 'none'; script-src {_hash(script)}; style-src {_hash(style)}; "
        "base-uri 'none'; form-action 'none'"
    )
    parts = {
        "policy": policy,
        "generator": f"iiq {__version__}",
        "title": html.escape(title),
        "style": style,
        "file": base64.b64encode(stored).decode("ascii"),
        "script": script,
    }
    template = (page / "page.html").read_text("utf-8")
    filled = re.sub(r"\{\{(\w+)\}\}", lambda found: parts[found[1]], template)
    return filled.encode("utf-8", "replace")


def _hash(text: str) -> str:
    digest = hashlib.sha256(text.encode("utf-8")).digest()
    return f"'sha256-{base64.b64encode(digest).decode('ascii')}'"


# -- the script -----------------------------------------------------------------------------------


def bundle() -> str:
    """Return the page's JavaScript as one module: each file a function, called once, in order."""
    sources: dict[str, str] = {}
    _collect(_ENTRY, sources)
    text = "\n".join(sources.values())
    if "</script" in text.lower() or "<!--" in text:
        raise ValueError("a script that holds </script or <!-- cannot stand in a page")
    return text


def _collect(name: str, sources: dict[str, str]) -> None:
    """Add a file after those that it imports; a name is a path such as js/src/words.js."""
    if name in sources:
        return
    text = _source(name).read_text("utf-8")
    for found in _IMPORT.finditer(text):
        _collect(_resolved(name, found[2]), sources)
    body = _IMPORT.sub(lambda found: f"const {{{found[1]}}} = {_variable(name, found[2])};", text)
    exported = _EXPORT.findall(body)
    body = re.sub(r"^export ", "", body, flags=re.MULTILINE)
    returned = f"return {{ {', '.join(exported)} }};\n" if exported else ""
    sources[name] = f"const {_variable('', name)} = (() => {{\n{body}{returned}}})();"


def _resolved(importer: str, name: str) -> str:
    return os.path.normpath(os.path.join(os.path.dirname(importer), name)).replace(os.sep, "/")


def _variable(importer: str, name: str) -> str:
    return re.sub(r"\W", "_", _resolved(importer, name))


def _source(name: str) -> Traversable:
    """Return a file of the page or of the module, which in the repository lies at its top."""
    installed = files("iiq.study").joinpath(name)
    return installed if installed.is_file() else Path(__file__).parents[3] / name
