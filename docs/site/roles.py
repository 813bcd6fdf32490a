"""Docstrings have Sphinx's roles, for editors; the site shows them as code, linked where it can.

A griffe extension: it runs when a docstring has been read, before it is rendered.
"""

import re
from typing import Any

import griffe

ROLE = re.compile(r":(?:py:)?(?:class|func|meth|mod|attr|data|obj|exc):`~?([^`]+)`")


def as_link(match: re.Match[str]) -> str:
    """Return an optional link: plain code where the site has no such name."""
    name = match[1].strip()
    shown = name.rpartition(".")[2]
    return f'<autoref identifier="{name}" optional><code>{shown}</code></autoref>'


DOCUMENT = re.compile(r"``docs/([\w-]+)\.md``")


class Roles(griffe.Extension):
    """Turn roles, and names of documents, into links."""

    def on_object(self, *, obj: griffe.Object, **_: Any) -> None:
        """Rewrite the docstring of one object."""
        if obj.docstring:
            linked = ROLE.sub(as_link, obj.docstring.value)
            page = r'<a href="../\1.html"><code>docs/\1.md</code></a>'  # of a page in docs/api
            obj.docstring.value = DOCUMENT.sub(page, linked)
