"""Where claims come from: a thread, a paper, a post."""

from dataclasses import dataclass

__all__ = ["Source"]


@dataclass(frozen=True, kw_only=True)
class Source:
    """Where sentences come from: a thread or a paper.

    Args:
        key: short name; also the report page's file name.
        title: its title.
        authors: who wrote it.
        year: when.
        url: where it is.
        story: what it says and why it is checked, a paragraph in our own words.
        bibtex: its BibTeX entry.
    """

    key: str
    title: str
    authors: str
    year: int
    url: str
    story: str
    bibtex: str
