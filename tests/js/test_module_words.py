"""Words and rows in the JavaScript module, and the examples of its documents."""

import json
import re
import subprocess
from pathlib import Path

import numpy as np
import pytest
from words_for_node import saved, words_of

import iiq
from iiq import HammingIndex
from iiq.study.explore import bundle
from wordlike import random_codes, vectors

ROOT = Path(__file__).resolve().parents[2]

# -- words ----------------------------------------------------------------------------------------


def test_words_and_rows(tmp_path, ask):
    saved(tmp_path / "words.iiq", 100, 24, 64)
    lost = ["missing", "word100", "THE", "\ud800", "word", "\ufeff", "proto"]
    (answers,) = ask(
        (
            tmp_path / "words.iiq",
            [["wordAt", row] for row in range(100)]
            + [["find", word] for word in words_of(100)]
            + [["find", word] for word in lost]
            + [["has", 99], ["has", 100], ["has", -1], ["size"], ["nBits"], ["dim"]],
        )
    )
    values = [answer["value"] for answer in answers]
    assert values[:100] == words_of(100)
    assert values[100:200] == list(range(100))
    assert values[200:] == [-1] * len(lost) + [True, False, False, 100, 64, 24]


def test_words_that_begin_so_come_by_row(tmp_path, ask):
    saved(tmp_path / "words.iiq", 100, 24, 64)
    (answers,) = ask(
        (
            tmp_path / "words.iiq",
            [
                ["complete", start, 4]
                for start in ("word1", "", "t", "é", "日", "word1000", "x" * 5001)
            ],
        )
    )
    assert [answer["value"] for answer in answers] == [
        ["word1", "word10", "word11", "word12"],
        ["", " ", "the", "The"],
        ["the", "tab\tin", "toString"],
        ["é"],
        ["日本語"],
        [],
        [],
    ]


def test_words_of_all_letters_in_many_blocks(tmp_path, ask):
    rng = np.random.default_rng(0)
    letters = [chr(c) for c in (*range(32, 127), 233, 1488, 0x4E2D, 0x1F600)]
    words = list(
        dict.fromkeys("".join(rng.choice(letters, rng.integers(0, 30))) for _ in range(5000))
    )
    index = HammingIndex(random_codes(len(words), 16), 16)
    iiq.BinaryKeyedVectors(words, index).save(tmp_path / "words.iiq")
    (answers,) = ask(
        (
            tmp_path / "words.iiq",
            [["wordAt", i] for i in range(len(words))] + [["find", w] for w in words],
        )
    )
    assert [answer["value"] for answer in answers] == words + list(range(len(words)))


# -- examples -------------------------------------------------------------------------------------


@pytest.mark.parametrize("document", ["docs/explorer.md", "js/README.md"])
def test_the_examples_of_the_documents_run(tmp_path, node, document):
    words = ["piano", "pianist", "king", "queen", "man", "woman", "coffee", "tea"]
    iiq.compress((words, vectors(8, 24)), n_bits=24, random_state=0).save(tmp_path / "glove.iiq")
    (tmp_path / "node_modules").mkdir()
    (tmp_path / "node_modules" / "iiq").symlink_to(ROOT / "js")
    (example,) = re.findall(r"```js\n(.*?)```", (ROOT / document).read_text("utf-8"), re.DOTALL)
    server = """import { readFileSync as bytesOf } from "node:fs";
        globalThis.fetch = async (path) => new Response(bytesOf(path));"""
    (tmp_path / "example.mjs").write_text(server + example, encoding="utf-8")
    done = subprocess.run([node, "example.mjs"], cwd=tmp_path, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()


# -- the page of `iiq explore` -------------------------------------------------------------------


def test_the_script_of_the_page_is_javascript(tmp_path, node):
    (tmp_path / "script.mjs").write_text(bundle(), encoding="utf-8")
    subprocess.run([node, "--check", str(tmp_path / "script.mjs")], check=True)


def test_the_package_is_of_this_version_and_licence():
    package = json.loads((ROOT / "js" / "package.json").read_text(encoding="utf-8"))
    assert package["version"] == iiq.__version__
    assert (ROOT / "js" / "LICENSE").read_bytes() == (ROOT / "LICENSE").read_bytes()
    assert not {"dependencies", "devDependencies"} & package.keys()


def test_the_types_name_what_a_vocabulary_has(tmp_path, node):
    types = (ROOT / "js" / "index.d.ts").read_text(encoding="utf-8")
    body = types.partition("export class Vocabulary {")[2].partition("\n}")[0]
    named = set(re.findall(r"^  (?:readonly )?(\w+)[(:]", body, re.MULTILINE))
    saved(tmp_path / "words.iiq", 60, 24, 24)
    script = f"""
        import {{ open }} from "{(ROOT / "js" / "index.js").as_uri()}";
        import {{ readFileSync }} from "node:fs";
        const words = open(readFileSync("words.iiq"));
        const verbs = Object.getOwnPropertyNames(Object.getPrototypeOf(words));
        console.log(JSON.stringify([...Object.keys(words), ...verbs]));
    """
    (tmp_path / "own.mjs").write_text(script, encoding="utf-8")
    told = subprocess.run([node, "own.mjs"], cwd=tmp_path, capture_output=True, check=True)
    assert named == set(json.loads(told.stdout)) - {"constructor"}
