"""Binary codes for word vectors: vectors in, codes out, exact nearest neighbours."""

__version__ = "0.1.0"
