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


class Roles(griffe.Extension):
    """Turn roles into optional links."""

    def on_object(self, *, obj: griffe.Object, **_: Any) -> None:
        """Rewrite the docstring of one object."""
        if obj.docstring:
            obj.docstring.value = ROLE.sub(as_link, obj.docstring.value)
