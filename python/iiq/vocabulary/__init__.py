"""Compressed vocabularies: words, their codes and the encoder, and the verbs that ask them."""
