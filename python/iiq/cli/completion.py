"""``iiq completion``: a script that completes verbs, options and files in a shell."""

from __future__ import annotations

import argparse

from iiq._support.extras import need
from iiq.cli._common import Subparsers, add_verb, print_json

SHELLS = ("bash", "zsh", "tcsh")


def add_parser(subparsers: Subparsers) -> None:
    """Add the verb ``completion``."""
    parser = add_verb(
        subparsers,
        "completion",
        summary="print a script that completes iiq in a shell",
        details="It needs shtab: pip install 'iiq[completion]'.",
        example="iiq completion bash > ~/.local/share/bash-completion/completions/iiq\n"
        "iiq completion zsh > ~/.zfunc/_iiq",
    )
    parser.add_argument("shell", choices=SHELLS, help="the shell to complete in")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Print the script."""
    from iiq.cli import build_parser

    shtab = need("shtab", "iiq completion", "completion")
    parser = build_parser()
    for verb in parser._subparsers._group_actions[0].choices.values():  # type: ignore[union-attr]
        for action in verb._actions:
            # What names a file completes as one.
            if action.dest in ("input", "output", "file", "files", "path", "vectors", "data"):
                action.complete = shtab.FILE
    script = shtab.complete(parser, arguments.shell)
    if arguments.json:
        print_json({"shell": arguments.shell, "script": script})
    else:
        print(script)
    return 0
