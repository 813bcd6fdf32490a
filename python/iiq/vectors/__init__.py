"""Words and their float vectors: reading, writing, word tables, n-grams."""
