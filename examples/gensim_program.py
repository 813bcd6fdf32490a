# %% [markdown]
# # Moving a gensim program
#
# A program that uses gensim's `KeyedVectors` goes on as it is: only the line that loads the vectors changes. Here is a small program,
# run on both.

# %%
import numpy as np
from gensim.models import KeyedVectors

import iiq


def crossword(kv, clue, letters):
    """Return the words that mean about the same as the clue and have that many letters."""
    return [word for word, _ in kv.most_similar(clue, topn=100) if len(word) == letters][:3]


def shelf(kv, books, shelves):
    """Return for each book the shelf whose words it is nearest to."""
    return {book: kv.most_similar_to_given(book, shelves) for book in books}


def odd_one(kv, words):
    """Return the word that does not belong to the others."""
    return kv.doesnt_match(words)


# %% [markdown]
# ## Before: float vectors

# %%
words = iiq.samples.bundled()
floats = KeyedVectors(words.dim)
floats.add_vectors(list(words.words), np.asarray(words.vectors, dtype=np.float32))

print(crossword(floats, "violin", 5))
print(shelf(floats, ["algebra", "symphony", "goalkeeper"], ["music", "sport", "science"]))
print(odd_one(floats, ["breakfast", "lunch", "dinner", "violin"]))

# %% [markdown]
# ## After: the line that loads
#
# `iiq.compress` takes the `KeyedVectors` as it is; a file would do, too. You do this once, and `iiq.load` opens the result in a
# millisecond.

# %%
iiq.compress(floats, preset="balanced", random_state=0).save("words.iiq")
kv = iiq.load("words.iiq")

print(crossword(kv, "violin", 5))
print(shelf(kv, ["algebra", "symphony", "goalkeeper"], ["music", "sport", "science"]))
print(odd_one(kv, ["breakfast", "lunch", "dinner", "violin"]))

# %% [markdown]
# The same answers. What it saves:

# %%
import os

print(f"float32 vectors: {floats.vectors.nbytes / 1e6:.1f} MB")
print(f"the file, words included: {os.path.getsize('words.iiq') / 1e6:.1f} MB")

# %% [markdown]
# ## What may differ
#
# Scores differ a little, and so may the order of words that are nearly as near. Count it for your own words:

# %%
asked = list(words.words[1000:1200])
same = sum(
    len({w for w, _ in floats.most_similar(one)} & {w for w, _ in kv.most_similar(one)})
    for one in asked
)
print(f"{100 * same / (10 * len(asked)):.0f} % of the ten nearest words are the same")

# %% [markdown]
# The list of the few verbs that behave otherwise is in [Coming from gensim](../vocabulary.md#what-differs-from-gensim). The way back is
# `kv.to_gensim()`.
