"""The verbs of gensim's KeyedVectors, a file for each kind."""
