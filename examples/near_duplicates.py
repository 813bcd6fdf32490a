# %% [markdown]
# # Near duplicates in a vocabulary
#
# Which words are used so alike that one entry might do: spellings, plurals, names of months? All pairs within a few bits of each other
# are found at once, without comparing floats.

# %%
import iiq

words = iiq.samples.bundled()
vocabulary = iiq.compress(words, ratio=16, random_state=0)
print(f"{len(vocabulary)} words, {vocabulary.n_bits} bits")

# %% [markdown]
# ## All pairs within a radius
#
# The index compares every pair of codes: 200 million of them, in a fraction of a second.

# %%
pairs, distances = vocabulary.index.neighbors_within(24)
print(f"{len(pairs)} pairs differ in at most 24 of 200 bits")
for (i, j), distance in list(zip(pairs, distances, strict=True))[:8]:
    print(f"{distance:3d}  {words.words[i]} / {words.words[j]}")

# %% [markdown]
# ## Groups
#
# Pairs make groups: join what is connected.

# %%
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

n = len(vocabulary)
joined = coo_array(([1] * len(pairs), pairs.T), shape=(n, n))
_, group_of = connected_components(joined, directed=False)
groups = {}
for row in sorted(set(pairs.ravel().tolist())):
    groups.setdefault(int(group_of[row]), []).append(words.words[row])
for group in sorted(groups.values(), key=len, reverse=True)[:4]:
    print(len(group), ", ".join(group[:9]))

# %% [markdown]
# ## How far is near?
#
# `expected_cosine` says what a distance stands for in the source vectors, with its standard deviation.

# %%
for one, other in (
    ("monday", "tuesday"),
    ("colour", "color"),
    ("piano", "violin"),
    ("piano", "tax"),
):
    bits = int(iiq.hamming(vocabulary.get_code(one)[None], vocabulary.get_code(other)[None])[0])
    cosine, spread = vocabulary.expected_cosine(one, other)
    print(f"{one} / {other}: {bits} bits, cosine {cosine:.1f} ± {spread:.1f}")

# %% [markdown]
# Rows of a table, sentences or users are no different: `iiq.HammingIndex(codes, n_bits).neighbors_within(r)` takes any codes.
