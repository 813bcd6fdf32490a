"""The table of engines of docs/serving.md is complete (tests/test_pages.py runs its Python)."""

import re
from pathlib import Path

import pytest

from iiq.export import ENGINES

PAGE = Path(__file__).resolve().parent.parent.parent / "docs" / "serving.md"


def test_the_table_has_every_engine_and_its_rules():
    rows = re.findall(r"^\| ([a-z-]+) \|.*$", PAGE.read_text(encoding="utf-8"), re.M)
    assert [row for row in rows if row in ENGINES] == list(ENGINES)
    for line in PAGE.read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in line.split("|")[1:-1]]
        if len(cells) == 6 and cells[0] in ENGINES:
            engine = ENGINES[cells[0]]
            if engine.max_bits is not None and cells[0] != "pgvector":
                assert f"at most {engine.max_bits}" in cells[3]
            if cells[2] != "-":
                assert cells[2].startswith("least") == (engine.bit_order == "little")


def test_a_ray_pool_is_an_executor(tmp_path):
    pool = pytest.importorskip("ray.util.multiprocessing")
    import numpy as np

    import iiq

    X = np.random.default_rng(0).standard_normal((500, 8)).astype(np.float32)
    np.save(tmp_path / "X.npy", X)
    encoder = iiq.IIQ(random_state=0).fit(X)
    with pool.Pool(1) as workers:
        codes = iiq.distributed.transform(encoder, tmp_path / "X.npy", executor=workers)
    np.testing.assert_array_equal(codes, encoder.transform(X))
