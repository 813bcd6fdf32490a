# %% [markdown]
# # Sentence embeddings, with rescoring
#
# Search many sentence embeddings in little memory: bits choose candidates, small vectors put them in order. Beside it stands what
# `sentence_transformers.quantization` does: the sign of each number.

# %%
import numpy as np

import iiq

# %% [markdown]
# ## Embeddings
#
# Yours come from `model.encode(texts, normalize_embeddings=True)`. So that this page runs without a model, texts are made of GloVe's
# words here, a word and five of those around it, and embedded as the mean of their vectors.

# %%
words = iiq.samples.bundled()
rng = np.random.default_rng(0)
V = np.asarray(words.vectors, dtype=np.float32)
V -= V.mean(axis=0)
V /= np.linalg.norm(V, axis=1, keepdims=True)
near = np.argsort(-(V[1000:4000] @ V[:8000].T), axis=1, kind="stable")[:, :30]
picked = np.stack([rng.permutation(30)[:6] for _ in near])
rows = np.take_along_axis(near, picked, axis=1)

texts = [f"{i}: " + " ".join(words.words[row] for row in one) for i, one in enumerate(rows)]
embeddings = V[rows].mean(axis=1)
embeddings /= np.linalg.norm(embeddings, axis=1, keepdims=True)
print(texts[0])
print(embeddings.shape, embeddings.dtype)

# %% [markdown]
# An eighth of them are questions; the rest is what is searched. The truth: the ten nearest by float cosine.

# %%
asked, stored = embeddings[::8], np.delete(embeddings, np.s_[::8], axis=0)
stored_texts = [text for i, text in enumerate(texts) if i % 8]
truth = np.argsort(-(asked @ stored.T), axis=1, kind="stable")[:, :10]


def recall(ids):
    """Return how many of the ten true neighbours are among the first ten answers, in percent."""
    return 100 * np.mean([len(set(a[:10]) & set(b)) for a, b in zip(ids, truth, strict=True)]) / 10


# %% [markdown]
# ## Sign bits, as sentence-transformers takes them
#
# `quantize_embeddings(x, precision="ubinary")` is `np.packbits(x > 0)`; `semantic_search_faiss(rescore=True)` multiplies float queries
# with the bits of the candidates. Both in NumPy and our exact index:

# %%
index = iiq.HammingIndex(iiq.pack(stored > 0), n_bits=100)
_, candidates = index.search(iiq.pack(asked > 0), k=40)
signs = np.where(stored > 0, 1, -1)
scores = np.einsum("qd,qkd->qk", asked, signs[candidates])
rescored = np.take_along_axis(candidates, np.argsort(-scores, axis=1, kind="stable"), axis=1)
print(f"13 bytes, bits against bits: {recall(candidates):.0f} %")
print(f"13 bytes, rescored by float queries: {recall(rescored):.0f} %")

# %% [markdown]
# ## The same bytes, learned
#
# `IIQ` learns which bits to take from the embeddings themselves. Float queries go against all codes, not only against candidates.

# %%
encoder = iiq.IIQ(n_bits=100, n_remove=0, random_state=0).fit(stored)
codes = encoder.transform(stored)
index = iiq.HammingIndex(codes, n_bits=100)
_, ids = index.search(encoder.transform(asked), k=10)
print(f"13 bytes, bits against bits: {recall(ids):.0f} %")
_, ids = index.search_asymmetric(encoder.query(asked), k=10)
print(f"13 bytes, float queries: {recall(ids):.0f} %")

# %% [markdown]
# ## With small vectors kept
#
# One call keeps texts, codes and vectors in 4 bits a number together, in one file. Codes choose 200 candidates; the kept vectors put
# them in order.

# %%
store = iiq.compress((stored_texts, stored), keep_vectors="int4", n_remove=0, random_state=0)
store.save("sentences.iiq")
store = iiq.load("sentences.iiq")
ids, _ = store.most_similar_batch(asked, topn=10, output="arrays")
print(f"{13 + 54} bytes, rescored by vectors of 4 bits: {recall(ids):.0f} %")
print(store.most_similar(asked[0], topn=1)[0][0])

# %% [markdown]
# `n_remove=0`: sentence embeddings keep all their directions. Rows of unit length are known for what they are and would have kept
# them anyway; saying so does no harm. Figures for a real model are in
# [the tables](../quality.md#sentence-embeddings).
