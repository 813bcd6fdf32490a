# %% [markdown]
# # A spaCy pipeline with compressed vectors
#
# Most of a medium spaCy pipeline is its table of vectors. `iiq.compress` takes the pipeline as it is; then a small component lets
# `doc.vector` and `doc.similarity` use the codes, and the table can go.

# %%
import numpy as np
import spacy
from spacy.language import Language

import iiq

# %% [markdown]
# A pipeline with vectors. Yours would be `spacy.load("en_core_web_md")`; here a blank one gets GloVe's words.

# %%
words = iiq.samples.bundled()
nlp = spacy.blank("en")
for word, vector in zip(words.words, np.asarray(words.vectors, dtype=np.float32), strict=True):
    nlp.vocab.set_vector(word, vector)

first = nlp("the orchestra played a symphony")
second = nlp("musicians gave a concert")
third = nlp("the bank raised its interest rates")
print(f"{first.similarity(second):.2f} {first.similarity(third):.2f}")

# %% [markdown]
# ## Compress, and take the table out

# %%
vectors = iiq.compress(nlp, preset="balanced", random_state=0)
vectors.save("pipeline.iiq")
before = nlp.vocab.vectors.data.nbytes
nlp.vocab.reset_vectors(width=1)
print(
    f"{before / 1e6:.1f} MB of vectors; codes and kept vectors: {vectors.codes.nbytes / 1e6:.1f}"
    f" + {vectors.kept_vectors.nbytes / 1e6:.1f} MB"
)

# %% [markdown]
# ## Put the codes in
#
# spaCy asks *hooks* before it looks into its own table. The component sets them on each document.


# %%
class CompressedVectors:
    """Let documents, spans and tokens take their vectors from a compressed vocabulary."""

    def __init__(self, path):
        self.vectors = iiq.load(path)

    def of_token(self, token):
        """Return the vector of a word, of zeros where it is unknown."""
        row = self.vectors.find(token.lower_)
        return self.vectors[row] if row >= 0 else np.zeros(self.vectors.vector_size, np.float32)

    def of_tokens(self, tokens):
        """Return the mean of the words' vectors."""
        return np.mean([self.of_token(token) for token in tokens], axis=0)

    def similarity(self, one, other):
        """Return the cosine of two texts."""
        a, b = one.vector, other.vector
        return float(a @ b / max(np.linalg.norm(a) * np.linalg.norm(b), 1e-9))

    def __call__(self, doc):
        doc.user_hooks["vector"] = doc.user_span_hooks["vector"] = self.of_tokens
        doc.user_token_hooks["vector"] = self.of_token
        for hooks in (doc.user_hooks, doc.user_span_hooks, doc.user_token_hooks):
            hooks["similarity"] = self.similarity
            hooks["has_vector"] = lambda _: True
        return doc


@Language.factory("compressed_vectors", default_config={"path": "pipeline.iiq"})
def make_compressed_vectors(nlp, name, path):
    """Make the component: a pipeline's configuration names its file."""
    return CompressedVectors(path)


nlp.add_pipe("compressed_vectors", config={"path": "pipeline.iiq"})

# %% [markdown]
# The same program, and nearly the same figures:

# %%
first = nlp("the orchestra played a symphony")
second = nlp("musicians gave a concert")
third = nlp("the bank raised its interest rates")
print(f"{first.similarity(second):.2f} {first.similarity(third):.2f}")
print(f"{first[1].similarity(second[0]):.2f}")
assert first.similarity(second) > first.similarity(third) + 0.05

# %% [markdown]
# Eight worker processes that load such a pipeline share one copy of the file in memory.
