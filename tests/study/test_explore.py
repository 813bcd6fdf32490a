"""The page of ``iiq explore``: one file, safe whatever the words are, whole or not at all."""

import base64
import gzip
import hashlib
import html
import json
import re

import numpy as np
import pytest

import iiq
from iiq.cli import main
from iiq.study import explore as module
from iiq.study.explore import bundle
from wordlike import vectors

WORDS = [
    "<script>alert(1)</script>",
    "</script>",
    "<!--",
    "שלום",
    "😀",
    "nul\0",
    "&amp;",
    "{{title}}",
]


@pytest.fixture(scope="module")
def kv():
    words = WORDS + [f"word{i}" for i in range(92)]
    source = iiq.WordVectors(words, vectors(100, 24))
    return iiq.compress(source, n_bits=40, random_state=0, keep_vectors="int8")


@pytest.fixture
def file(kv, tmp_path):
    kv.save(tmp_path / "words.iiq")
    return str(tmp_path / "words.iiq")


def parts(page) -> dict[str, str]:
    text = page.read_text(encoding="utf-8")
    found = {
        "policy": re.search(r'Content-Security-Policy" content="([^"]*)"', text)[1],
        "title": re.search(r"<title>(.*?)</title>", text, re.DOTALL)[1],
        "style": re.search(r"<style>(.*?)</style>", text, re.DOTALL)[1],
        "file": re.search(r'id="file">(.*?)</script>', text, re.DOTALL)[1],
        "script": re.search(r'<script type="module">(.*?)</script>', text, re.DOTALL)[1],
    }
    assert text.count("<script") == text.count("</script>") == 2
    return found


def stored(page, path) -> iiq.BinaryKeyedVectors:
    path.write_bytes(gzip.decompress(base64.b64decode(parts(page)["file"], validate=True)))
    return iiq.load(path)


def test_the_page_holds_words_codes_and_encoder_and_nothing_else(kv, tmp_path):
    size = iiq.explore(kv, tmp_path / "page.html")
    assert size == (tmp_path / "page.html").stat().st_size
    held = stored(tmp_path / "page.html", tmp_path / "held.iiq")
    assert list(held.index_to_key) == list(kv.index_to_key)
    np.testing.assert_array_equal(held.codes, kv.codes)
    assert held.kept_vectors is None
    assert held.verify() == []
    wanted = kv.most_similar("word7", scoring="decoded")
    assert held.most_similar("word7") == wanted


def test_the_policy_names_the_hashes_of_what_is_there(kv, tmp_path):
    iiq.explore(kv, tmp_path / "page.html")
    found = parts(tmp_path / "page.html")
    for kind in ("script", "style"):
        digest = hashlib.sha256(found[kind].encode()).digest()
        assert f"{kind}-src 'sha256-{base64.b64encode(digest).decode()}'" in found["policy"]
    assert found["policy"].startswith("default-src 'none'")
    assert "unsafe" not in found["policy"]


@pytest.mark.parametrize("title", ["<script>alert(1)</script>", 'a"b&c', "{{file}}", "\udcff", ""])
def test_a_title_is_text(kv, tmp_path, title):
    iiq.explore(kv, tmp_path / "page.html", title=title)
    found = parts(tmp_path / "page.html")
    assert html.unescape(found["title"]) == title.encode("utf-8", "replace").decode()


def test_only_the_first_words(kv, tmp_path):
    iiq.explore(kv, tmp_path / "page.html", limit=33)
    held = stored(tmp_path / "page.html", tmp_path / "held.iiq")
    assert list(held.index_to_key) == list(kv.index_to_key[:33])
    np.testing.assert_array_equal(held.codes, kv.codes[:33])
    with pytest.raises(ValueError, match="limit must be at least 1"):
        iiq.explore(kv, tmp_path / "page.html", limit=0)


def test_a_vocabulary_too_large_for_a_page_says_how_many_words_fit(kv, tmp_path, monkeypatch):
    monkeypatch.setattr(module, "COMFORTABLE", 1500)
    with pytest.raises(ValueError, match=r"100 words of 40 bits .*: limit=(\d+) takes") as caught:
        iiq.explore(kv, tmp_path / "page.html")
    limit = int(re.search(r"limit=(\d+)", str(caught.value))[1])
    assert 0 < limit < 100
    iiq.explore(kv, tmp_path / "page.html", limit=limit)
    iiq.explore(kv, tmp_path / "page.html", limit=100)  # whoever names a number gets it
    monkeypatch.setattr(module, "MOST", 1600)
    with pytest.raises(ValueError, match="100 words of 40 bits"):
        iiq.explore(kv, tmp_path / "page.html", limit=100)


def test_what_goes_wrong_leaves_the_old_page(kv, tmp_path, monkeypatch):
    page = tmp_path / "page.html"
    page.write_text("old")
    monkeypatch.setattr(module, "bundle", lambda: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        iiq.explore(kv, page)
    assert page.read_text() == "old"
    assert [one.name for one in tmp_path.iterdir()] == ["page.html"]


def test_a_page_does_not_replace_a_vocabulary(file, tmp_path, capsys):
    assert main(["explore", file, "-o", file]) == 2
    assert (
        "which a page would replace: name another file, such as words.html"
        in capsys.readouterr().err
    )
    assert len(iiq.load(file)) == 100


def test_the_verb(file, tmp_path, capsys):
    page = str(tmp_path / "page.html")
    assert main(["explore", file, "-o", page, "--limit", "60"]) == 0
    assert capsys.readouterr().out.startswith(f"{page}: 60 words, ")
    assert parts(tmp_path / "page.html")["title"] == "words"
    assert main(["explore", file, "-o", page, "--title", "My words", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told == {
        "page": page,
        "page_bytes": (tmp_path / "page.html").stat().st_size,
        "words": 100,
    }
    assert parts(tmp_path / "page.html")["title"] == "My words"


def test_a_file_of_vectors_is_told_the_verb_it_is_for(tmp_path, capsys):
    (tmp_path / "vectors.txt").write_text("king 0.1 0.2\nqueen 0.2 0.1\n")
    assert main(["explore", str(tmp_path / "vectors.txt"), "-o", str(tmp_path / "page.html")]) == 2
    assert "iiq compress" in capsys.readouterr().err
    assert not (tmp_path / "page.html").exists()
    assert main(["explore", str(tmp_path / "none.iiq"), "-o", str(tmp_path / "page.html")]) == 2


def test_the_script_is_one_module_without_imports():
    script = bundle()
    assert not re.search(r"^\s*(import|export)\b", script, re.MULTILINE)
    names = re.findall(r"^const (\w+) = \(\(\) => \{", script, re.MULTILINE)
    assert len(names) == len(set(names)) > 8
    assert names[-1] == "page_app_js"
