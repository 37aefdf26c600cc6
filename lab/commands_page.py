"""The page of all commands and options, from the parsers themselves."""

import argparse
from collections.abc import Iterable
from typing import Any

from epochal.cli.parser import make_parser
from epochal.plugin.options import add
from lab.__main__ import make_parser as make_lab_parser

__all__ = ["commands_page"]

HEAD = """# Commands

Written by `python -m lab commands` from the parsers. `pytest bench/` also takes all of pytest's own
options, such as `-n 2`, `-x` and `--junit-xml=FILE`."""


class _Options:
    """Takes options as pytest's parser does, and keeps them."""

    def __init__(self) -> None:
        self.parser = argparse.ArgumentParser(add_help=False)

    def getgroup(self, *words: str) -> "_Options":
        return self

    def addoption(self, *names: str, **keywords: Any) -> None:
        self.parser.add_argument(*names, **keywords)


def commands_page() -> str:
    """Return the page as Markdown."""
    bench = _Options()
    add(bench)  # type: ignore[arg-type]
    parts = [HEAD, "## `pytest bench/`", _table(bench.parser)]
    for title, parser in (("epochal", make_parser()), ("python -m lab", make_lab_parser())):
        [commands] = [each for each in parser._actions if isinstance(each, SUBPARSERS)]
        helps = {each.dest: each.help for each in commands._choices_actions}
        for name, each in commands.choices.items():
            parts += [f"## `{title} {name}`", f"{_sentence(helps.get(name) or '')}", _table(each)]
    return "\n\n".join(filter(None, parts)) + "\n"


SUBPARSERS = argparse._SubParsersAction


def _table(parser: argparse.ArgumentParser) -> str:
    rows = [*_rows(parser._actions)]
    return "\n".join(["| option | meaning |", "| --- | --- |", *rows]) if rows else ""


def _rows(actions: Iterable[argparse.Action]) -> Iterable[str]:
    for each in actions:
        if each.help == argparse.SUPPRESS or isinstance(each, argparse._HelpAction):
            continue
        value = each.metavar or ("" if each.nargs == 0 else each.dest.upper())
        if each.choices and not each.metavar:
            value = "|".join(map(str, each.choices))
        named = ", ".join(each.option_strings)
        words = value if isinstance(value, str) else " ".join(value)
        shown = " ".join(filter(None, (named, words)))
        text = (each.help or "").replace("%%", "%").replace("|", "\\|")
        yield f"| `{shown.replace('|', chr(92) + '|')}` | {text} |"


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}." if text else ""
