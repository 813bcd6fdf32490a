"""What the site takes from outside docs/, and the last look at what was built.

READMEs of the source, notebooks and the help of every verb become pages. Then each link, anchor and
picture of the finished HTML must be there, whoever wrote it, and no page may know this machine.
"""

import json
import re
from argparse import ArgumentParser, _SubParsersAction
from html.parser import HTMLParser
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import unquote, urlsplit

from mkdocs.exceptions import PluginError
from mkdocs.structure.files import File, Files

ROOT = Path(__file__).resolve().parent.parent.parent
# A page of the site: the file of the repository that it shows.
PAGES = {
    "contributing.md": "CONTRIBUTING.md",
    "changelog.md": "CHANGELOG.md",
    "package.md": "python/iiq/README.md",
    "core.md": "csrc/README.md",
    "benchmarks.md": "bench/README.md",
}
ELSEWHERE = re.compile(r"(?:fonts|ajax)\.googleapis|gstatic\.com|unpkg\.com|cdn\.")
NAMED = re.compile(r"(?<!\[)`docs/([\w-]+)\.md`(?!\])")
HELP = "<!-- the help of every verb -->"


def on_files(files: Files, config: Any) -> Files:
    """Add the pages that are no files of docs/."""
    for page, source in PAGES.items():
        text = (ROOT / source).read_text(encoding="utf-8")
        files.append(File.generated(config, page, content=_linked(text, source)))
    for notebook in sorted((ROOT / "examples").glob("*.ipynb")):
        page = f"examples/{notebook.stem}.md"
        files.append(File.generated(config, page, content=page_of(notebook)))
    files.append(File.generated(config, "words.html", content=_explorer()))
    return files


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """Link the documents that a page names; put the help of the verbs where it is asked for."""
    up = "../" * page.file.src_uri.count("/")
    markdown = NAMED.sub(rf"[`docs/\1.md`]({up}\1.md)", markdown)
    return markdown.replace(HELP, _help()) if HELP in markdown else markdown


def _explorer() -> bytes:
    """Return the bundled words as a page that answers by itself."""
    import iiq

    vocabulary = iiq.compress(iiq.samples.bundled(), ratio=32, random_state=0)
    with TemporaryDirectory() as folder:
        path = Path(folder, "words.html")
        iiq.explore(vocabulary, path, title="20 000 words of GloVe")
        return path.read_bytes()


def page_of(notebook: Path) -> str:
    """Return a notebook as Markdown: text, code, and what the code printed."""
    parts = []
    for cell in json.loads(notebook.read_text(encoding="utf-8"))["cells"]:
        text = "".join(cell["source"]).rstrip()
        if cell["cell_type"] == "markdown":
            parts.append(text)
            continue
        parts.append(f"```python\n{text}\n```")
        printed = "".join("".join(output["text"]) for output in cell["outputs"]).rstrip()
        if printed:
            parts.append(f'```text title="prints"\n{printed}\n```')
    names = f"`examples/{notebook.stem}.py`", f"`examples/{notebook.name}`"
    parts.append(f"*This page is {names[0]}, and a notebook: {names[1]}. The tests run it.*")
    return "\n\n".join(parts) + "\n"


def _linked(text: str, source: str) -> str:
    """Return the text with links to other pages of the site; those to source files become code."""

    def link(match: re.Match[str]) -> str:
        shown, target = match[1], match[2]
        if "://" in target or target.startswith("#"):
            return match[0]
        file, _, anchor = target.partition("#")
        path = (ROOT / source).parent.joinpath(file).resolve().relative_to(ROOT).as_posix()
        pages = {name: page for page, name in PAGES.items()}
        page = path.removeprefix("docs/") if path.startswith("docs/") else pages.get(path)
        if not page:
            return f"{shown} (`{path}`)" if shown.strip("`") != path else f"`{path}`"
        return f"[{shown}]({page}{'#' + anchor if anchor else ''})"

    return re.sub(r"\[([^\]]+)\]\(([^)\s]+)\)", link, text)


def _help() -> str:
    """Return the help of every verb as a section."""
    from iiq.cli import build_parser

    parser = build_parser()
    parts = [f"## iiq\n\n{_shown(parser)}"]
    for action in parser._actions:
        if isinstance(action, _SubParsersAction):
            parts += [f"## iiq {name}\n\n{_shown(verb)}" for name, verb in action.choices.items()]
    return "\n\n".join(parts)


def _shown(parser: ArgumentParser) -> str:
    return f"```text\n{parser.format_help().rstrip()}\n```"


class Links(HTMLParser):
    """The targets and the anchors of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.targets: set[str] = set()
        self.anchors: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep what one tag links to, and its id."""
        for name, value in attrs:
            if name in ("href", "src") and value and tag != "base":
                self.targets.add(value)
            elif name in ("id", "name") and value:
                self.anchors.add(value)


def on_post_build(config: Any) -> None:
    """Look at every finished page: links, anchors, this machine, other servers."""
    site = Path(config["site_dir"])
    texts = {path: path.read_text(encoding="utf-8") for path in site.rglob("*.html")}
    pages = {path: Links(text) for path, text in texts.items()}
    wrong = [
        f"{path.relative_to(site)}: {told}"
        for path, text in texts.items()
        for told in (*_dead(path, pages, site), *_foreign(text))
    ]
    if wrong:
        raise PluginError("\n".join(wrong))


def _dead(path: Path, pages: dict[Path, Links], site: Path) -> list[str]:
    """Return the links of a page that lead nowhere."""
    wrong = []
    for target in sorted(pages[path].targets):
        parts = urlsplit(target)
        if parts.scheme in ("https", "mailto", "data", "javascript") or parts.netloc:
            continue
        there = path
        if parts.path:
            base = site if parts.path.startswith("/") else path.parent
            there = (base / unquote(parts.path).lstrip("/")).resolve()
            there = there / "index.html" if there.is_dir() else there
        if not there.is_file():
            wrong.append(f"dead link {target}")
        elif parts.fragment and there in pages:
            anchors = pages[there].anchors
            if unquote(parts.fragment) not in anchors and parts.fragment != "__skip":
                wrong.append(f"no such anchor {target}")
    return wrong


def _foreign(text: str) -> list[str]:
    """Return what a page may not hold: a path of this machine, a file from another server."""
    found = [f"the path {ROOT}"] if str(ROOT) in text else []
    return found + [f"a file from {match}" for match in sorted(set(ELSEWHERE.findall(text)))]
