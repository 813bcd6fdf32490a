"""Searches, reading and edits at once: what `make sanitize-thread` watches for races."""

import threading

import numpy as np

import iiq

N, DIM, ROUNDS = 600, 32, 6


def rows(n, seed):
    return np.random.default_rng(seed).standard_normal((n, DIM)).astype(np.float32)


def vocabulary():
    vectors = rows(N, 0)
    encoder = iiq.IIQ(n_bits=64, n_iter=3, refine=None, random_state=0).fit(vectors)
    index = iiq.HammingIndex(encoder.transform(vectors), 64)
    return iiq.BinaryKeyedVectors([f"w{i}" for i in range(N)], index, encoder)


def all_at_once(actions):
    """Run each action ROUNDS times, each in a thread of its own, from the same moment on."""
    wrong, start = [], threading.Barrier(len(actions))

    def run(action):
        start.wait()
        try:
            for number in range(ROUNDS):
                action(number)
        except Exception as error:
            wrong.append(error)

    threads = [threading.Thread(target=run, args=(action,)) for action in actions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_searches_reading_and_edits_at_once(tmp_path):
    kv, saved = vocabulary(), tmp_path / "v.iiq"
    kv.save(saved)
    text = tmp_path / "v.txt"
    text.write_text("".join(f"t{i} 0.5 -1 {i}\n" for i in range(30_000)))
    codes, floats = kv.codes[:40].copy(), rows(40, 1) @ np.eye(DIM, 64, dtype=np.float32)
    first = kv.index  # it holds what was there at first, whatever is added meanwhile
    nearest = first.search(codes, 5, threads=2)
    scored = first.search_asymmetric(floats, 5, threads=2)

    def search(_):
        np.testing.assert_equal(first.search(codes, 5, threads=2), nearest)

    def score(_):
        np.testing.assert_equal(first.search_asymmetric(floats, 5, threads=2), scored)

    def ask(number):
        assert len(kv.most_similar_batch([f"w{number}", "w3"], 3, restrict_vocab=50)) == 2
        assert len(kv.most_similar("w5", topn=4)) == 4

    def read(_):
        found = iiq.read_vectors(text)
        assert found.vectors[29_999, 2] == 29_999

    def load(_):
        one = iiq.load(saved)
        assert one.verify() == []
        assert one.similarity("w1", "w1") == 1

    def edit(number):
        kv.add_vectors([f"{threading.get_ident()} {number}"], rows(1, number))

    all_at_once([search, search, score, ask, ask, read, load, edit, edit])
    assert len(kv) == len(kv.index) == N + 2 * ROUNDS
