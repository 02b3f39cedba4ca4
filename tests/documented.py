"""The commands that the documentation names, each from the page and the line where it stands."""

import re
import shlex
from itertools import takewhile
from pathlib import Path
from typing import NamedTuple

from markdown_it import MarkdownIt

from pasvar.paths import ROOT

PAGES = [
    *sorted((ROOT / "docs").glob("*.md")),
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "config/README.md")),
    *sorted((ROOT / "resources" / "models").glob("*/README.md")),
]
PROGRAMS = {"pasvar", "snakemake", "make", "bcftools", "tabix"}


class Command(NamedTuple):
    """One program with its arguments."""

    page: str
    line: int
    words: list[str]
    is_piped: bool

    def __str__(self) -> str:
        return f"{self.page}:{self.line} {shlex.join(self.words)}"


def commands(page: Path) -> list[Command]:
    """Those of `PROGRAMS` in the blocks of code of a page."""
    found = []
    for token in MarkdownIt().parse(page.read_text()):
        if token.type not in ("code_block", "fence") or token.info.strip() in ("python", "mermaid", "text", "yaml"):
            continue
        begins = token.map[0] + (1 if token.type == "code_block" else 2)
        lines = token.content.replace("\\\n", " ").splitlines()
        for line, text in enumerate(lines, start=begins):
            is_piped = False
            for part, separator in _parts(text):
                words = _program(part)
                if words:
                    name = page.relative_to(ROOT).as_posix()
                    found.append(Command(name, line, words, is_piped))
                is_piped = separator == "|"
    return found


def _parts(line: str) -> list[tuple[list[str], str]]:
    """The commands of a line, each with what follows it: `&&`, `|`, `>`."""
    lexer = shlex.shlex(line, posix=True, punctuation_chars="|&;>")
    lexer.whitespace_split, lexer.commenters = True, "#"
    try:
        tokens = list(lexer)
    except ValueError:  # prose or a picture in characters, with an apostrophe
        return []
    parts: list[tuple[list[str], str]] = []
    while tokens:
        words = list(takewhile(lambda token: not re.fullmatch(r"[|&;>]+", token), tokens))
        separator = tokens[len(words)] if len(words) < len(tokens) else ""
        parts.append((words, separator))
        tokens = tokens[len(words) + 1 :]
    return parts


def _program(words: list[str]) -> list[str]:
    """The words from the program on: without variables, `tmux new NAME` and the folder of an environment."""
    while words and re.match(r"[A-Z_]+=", words[0]):
        words = words[1:]
    if words[:2] == ["tmux", "new"]:
        words = words[2:]
    if words[1:3] == ["-m", "pasvar"]:
        words = words[2:]
    if not words:
        return []
    program = words[0].removeprefix(".venv/bin/")
    return [program, *words[1:]] if program in PROGRAMS else []
