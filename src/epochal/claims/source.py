"""Where claims come from: a thread, a paper, a post."""

import re
from dataclasses import dataclass, fields
from typing import ClassVar

from epochal.errors import SpecError, nearest
from epochal.experiments.checks import choice, printables, record, text, whole

__all__ = ["FIELD", "Answer", "Panel", "Part", "Sentence", "Source"]

FIELD = re.compile(r"\{([a-z0-9-]+): ([^{}]+)\}")
"""In a `Sentence` a field: the id of a claim, and what of it is put there."""


@dataclass(frozen=True, kw_only=True)
class Part:
    """A part of a source in its own order: a post of a thread, a section of a paper.

    Args:
        heading: who says it, or where it stands.
        says: what it says, in our own words.
        claims: the ids of the claims that are made there, or that we make about it.
        tried: the claim of these whose setting ``epochal try`` is asked about, as ``id`` or
            ``id:experiment``; none where it is empty.
    """

    heading: str
    says: str
    claims: tuple[str, ...]
    tried: str = ""

    def __post_init__(self) -> None:
        for name in ("heading", "says"):
            text(f"part.{name}", getattr(self, name))
        object.__setattr__(self, "claims", tuple(self.claims))


@dataclass(frozen=True, kw_only=True)
class Sentence:
    """A sentence of an answer or a highlight, in words that depend on a claim's verdict.

    Every number in it is a field, ``{claim-id: what}``, filled from the claim or its results;
    `epochal.report.answer` tells what there is. An empty text leaves the sentence out.

    Args:
        by: the id of the claim.
        reproduced: the sentence where the claim was reproduced.
        refuted: where it was refuted.
        undecided: where it was neither, or did not run.
    """

    by: str
    reproduced: str = ""
    refuted: str = ""
    undecided: str = ""

    def __post_init__(self) -> None:
        text("sentence.by", self.by)
        printables("sentence.", self)
        for each in fields(self):
            words = FIELD.sub("", getattr(self, each.name)) if each.name != "by" else ""
            digit = re.search(r"\d+", words)
            if digit:
                rule = "numbers come from results"
                step = "write a field for it, such as {claim-id: rule.epoch}"
                raise SpecError(f"sentence.{each.name}", digit[0], rule, step)

    @property
    def claims(self) -> list[str]:
        """The ids that it rests on."""
        texts = (self.reproduced, self.refuted, self.undecided)
        return [self.by, *(name for each in texts for name, _ in FIELD.findall(each))]

    def said(self, status: str) -> str:
        """The text for a verdict, or for anything else that is none."""
        return {"reproduced": self.reproduced, "refuted": self.refuted}.get(status, self.undecided)


@dataclass(frozen=True, kw_only=True)
class Answer:
    """Our answer to a source: a few sentences and one picture.

    Args:
        key: also the file name of its page.
        title: the question.
        paragraphs: sentences, by paragraph.
        picture: the id of the claim whose picture is shown.
    """

    key: str
    title: str
    paragraphs: tuple[tuple[Sentence, ...], ...]
    picture: str

    @property
    def claims(self) -> list[str]:
        """The ids that it rests on."""
        every = [name for part in self.paragraphs for each in part for name in each.claims]
        return list(dict.fromkeys([self.picture, *every]))


@dataclass(frozen=True, kw_only=True)
class Panel:
    """A panel of a source's own picture, drawn from the results of claims.

    Args:
        title: a line above it.
        claims: labels and ids of claims, whose curves are drawn over each other. An exponent, a
            computation, shares and a fit stand alone.
        shows: ``learning``, errors, shares or epochs as the claim's rule asks for them, or ``fit``,
            the net at the rule's epoch.
    """

    title: str
    claims: tuple[tuple[str, str], ...]
    shows: str = "learning"

    SHOWS: ClassVar[tuple[str, ...]] = ("learning", "fit")

    def __post_init__(self) -> None:
        text("panel.title", self.title)
        choice("panel.shows", self.shows, self.SHOWS)
        object.__setattr__(self, "claims", tuple((label, name) for label, name in self.claims))
        if not self.claims:
            raise SpecError("panel.claims", (), "a panel shows a claim", "give a label and an id")


@dataclass(frozen=True, kw_only=True)
class Source:
    """A thread or a paper that sentences come from.

    Args:
        key: short name; also the report page's file name.
        title: its title.
        authors: who wrote it.
        year: when.
        url: where it is.
        story: what it says and why it is checked, a paragraph in our own words.
        bibtex: its BibTeX entry.
        parts: its parts in their order, by which its page is written; each claim stands in one.
        seed: a seed that the source itself used, which its page shows apart.
        answer: what we have to say to it.
        panels: of the picture at the head of its page.
        highlights: its findings that surprise most, for the head of the report's index; each
            stands beside the picture of the claim that it is ``by``.
        films: the ids of claims of which the report has a film.
    """

    key: str
    title: str
    authors: str
    year: int
    url: str
    story: str
    bibtex: str
    parts: tuple[Part, ...] = ()
    seed: int | None = None
    answer: Answer | None = None
    panels: tuple[Panel, ...] = ()
    highlights: tuple[Sentence, ...] = ()
    films: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        printables("source.", self)
        object.__setattr__(self, "highlights", tuple(self.highlights))
        object.__setattr__(self, "films", tuple(self.films))
        for sentence in self.highlights:
            record("source.highlights", sentence, Sentence, "give Sentence(by=…, …) for each")
        object.__setattr__(self, "panels", tuple(self.panels))
        for panel in self.panels:
            record("source.panels", panel, Panel, "give Panel(title=…, claims=…) for each")
        object.__setattr__(self, "parts", tuple(self.parts))
        for each in self.parts:
            record("source.parts", each, Part, "give Part(heading=…, says=…, claims=…) for each")
        if self.seed is not None:
            whole("source.seed", self.seed, 0)
        if self.answer is not None:
            record("source.answer", self.answer, Answer, "give an Answer(…), or leave it out")

    def check(self, claims: list[str]) -> None:
        """Raises `SpecError` unless each of ``claims``, its own, stands in one of its parts.

        Nor may a part, a panel, a highlight, a film or the answer name a claim that is not there.
        """
        placed = [name for part in self.parts for name in part.claims]
        for part in self.parts:
            if part.tried:
                self._check_names("parts.tried", [part.tried.partition(":")[0]], [*part.claims])
        twice = sorted({name for name in placed if placed.count(name) > 1})
        if twice:
            step = "leave it in one"
            raise SpecError(f"{self.key}.parts", twice[0], "it stands in two parts", step)
        if self.parts:
            self._check_names("parts", placed, claims)
            missing = sorted(set(claims) - set(placed))
            if missing:
                rule, step = "no part of the source names this claim", "add it to one"
                raise SpecError(f"{self.key}.parts", missing[0], rule, step)
        if self.answer is not None:
            self._check_names("answer", self.answer.claims, claims)
        self._check_names("highlights", [n for s in self.highlights for n in s.claims], claims)
        shown = [name for panel in self.panels for _, name in panel.claims]
        self._check_names("panels", shown, claims)
        self._check_names("films", [*self.films], claims)

    def _check_names(self, field: str, named: list[str], claims: list[str]) -> None:
        unknown = sorted(set(named) - set(claims))
        if unknown:
            rule, step = "the source has no such claim", nearest(unknown[0], claims)
            raise SpecError(f"{self.key}.{field}", unknown[0], rule, step)
