"""The version of this package, once: the build reads it here, too."""

__version__ = "1.0.0"
