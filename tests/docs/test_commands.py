"""Every command that the documentation names can be given: the program has such options, targets and profiles.

tests/workflow/test_documented_commands.py runs those that have something to run on.
"""

import argparse
import re
from importlib import import_module

import pytest
from snakemake.cli import get_argument_parser

from documented import PAGES, Command, commands
from pasvar.cli.main import COMMANDS
from pasvar.paths import PROFILES, ROOT

EVERY = [command for page in PAGES for command in commands(page)]


def of(program: str) -> list[Command]:
    return [command for command in EVERY if command.words[0] == program]


def test_commands_are_found():
    """Among them one of each kind of place: a block, a long line, behind a pipe, with a variable before it."""
    assert len(EVERY) > 30
    assert any(command.page == "docs/tutorial.md" and command.words == ["make", "run"] for command in EVERY)
    assert any(command.is_piped for command in EVERY)


@pytest.mark.parametrize("command", of("pasvar"), ids=str)
def test_pasvar_takes_these_arguments(command):
    _, *arguments = command.words
    if arguments[0].startswith("-"):
        assert arguments in (["--help"], ["--version"])
        return
    name, *rest = arguments
    assert name in COMMANDS
    parser = argparse.ArgumentParser(name)
    import_module(f"pasvar.cli.{name}").add_arguments(parser)
    parser.parse_args(rest)


RULES = {
    rule
    for path in [*(ROOT / "workflow" / "rules").glob("*.smk"), ROOT / "workflow" / "Snakefile"]
    for rule in re.findall(r"^(?:rule|checkpoint) (\w+):", path.read_text(), re.MULTILINE)
}


@pytest.mark.parametrize("command", of("snakemake"), ids=str)
def test_snakemake_takes_these_arguments(command):
    given = get_argument_parser().parse_args(command.words[1:])
    assert {target for target in given.targets if not target.startswith("results/")} <= RULES
    assert [name for name in given.profile or () if not (PROFILES / name / "config.yaml").is_file()] == []


MAKEFILE = (ROOT / "Makefile").read_text()
TARGETS = {*re.findall(r"^([\w.-]+):(?!=)", MAKEFILE, re.MULTILINE), ".venv/.ready"}
VARIABLES = set(re.findall(r"^(\w+) \??=", MAKEFILE, re.MULTILINE))


@pytest.mark.parametrize("command", of("make"), ids=str)
def test_make_has_these_targets(command):
    words = command.words[1:]
    assert {word.split("=")[0] for word in words if "=" in word} <= VARIABLES
    assert {word for word in words if "=" not in word} <= TARGETS


LINK = re.compile(r"\]\((?!\w+:|#)([^)#\s]+)")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_links_lead_to_files_of_the_clone(page):
    """But those to the developers' shared folder, next to the clone."""
    targets = [page.parent / target for target in LINK.findall(page.read_text())]
    inside = [target for target in targets if target.resolve().is_relative_to(ROOT)]
    assert [str(target) for target in inside if not target.exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_nothing_is_left_to_fill_in(page):
    assert re.findall(r"ADDRESS-OF|<address|TODO|XXX|_OUTPUT\b", page.read_text()) == []


def test_pictures_are_small():
    assert [path.name for path in (ROOT / "docs" / "pictures").iterdir() if path.stat().st_size > 200_000] == []
