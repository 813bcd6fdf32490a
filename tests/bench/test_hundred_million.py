"""The run of 10^8 codes, at a few thousand: several blocks, the last one short of a whole."""

import numpy as np
import pytest

import iiq
from bench.speed import hundred_million as module

N = 5003


@pytest.fixture(autouse=True)
def small(monkeypatch):
    monkeypatch.setattr(module, "BLOCK_CODES", 1024)


def codes(n_bits):
    return np.concatenate([part for _, part in module.blocks(N, n_bits)])


@pytest.mark.parametrize("n_bits", [13, 64, 300])
def test_an_index_made_block_by_block_is_that_of_all_codes(n_bits, tmp_path):
    index = module.build(N, n_bits, tmp_path / "scratch")
    whole = iiq.HammingIndex(codes(n_bits), n_bits)
    np.testing.assert_array_equal(index.blocks, whole.blocks)
    assert index.count_stray_bits() == 0


@pytest.mark.parametrize("n_bits", [13, 64])  # of 13 bits many are at one distance
def test_the_plain_count_orders_by_distance_and_id(n_bits):
    queries = codes(n_bits)[::900]
    found = module.plain_count(queries, 10, N, n_bits)
    bits = iiq.unpack(codes(n_bits), n_bits)
    for query, distances, ids in zip(iiq.unpack(queries, n_bits), *found, strict=True):
        far = (bits != query).sum(axis=1)
        order = np.argsort(far, kind="stable")[:10]
        np.testing.assert_array_equal(ids, order)
        np.testing.assert_array_equal(distances, far[order])


def test_the_command_runs_and_compares(tmp_path, monkeypatch, capsys):
    arguments = ["--codes", str(N), "--bits", "20", "--folder", str(tmp_path)]
    monkeypatch.setattr("sys.argv", ["hundred_million", *arguments])
    module.main()
    assert "20 bits: distances and ids are those of the count: True" in capsys.readouterr().out
    assert list(tmp_path.iterdir()) == []
    monkeypatch.setattr(module, "plain_count", lambda *_: (np.zeros((4, 10)), np.zeros((4, 10))))
    with pytest.raises(SystemExit, match="differ"):
        module.main()
