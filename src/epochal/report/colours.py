"""One colour for one thing, in pictures, films, cards and on the page.

The colours differ for readers with any colour vision: tests/report/test_colours.py measures by how
much. Okabe and Ito, "Color Universal Design" (2008), is where most of them come from.
"""

__all__ = [
    "DARK",
    "FAILS",
    "FAINT",
    "HOLDS",
    "INK",
    "PALE",
    "PAPER",
    "SETTINGS",
    "THRESHOLD",
    "VERDICTS",
]

INK, FAINT, PAPER = "#22303c", "#9aa7b1", "#ffffff"
"""Text and axes; the target and what is less important; the ground."""

THRESHOLD = "#009e73"

SETTINGS = ("#0072b2", "#d55e00", "#aa3377", "#e69f00", "#56b4e9", "#5c3a1e")
"""Of the settings of a claim, in their order; where there is only one, of outputs or components."""

HOLDS, FAILS = SETTINGS[:2]
"""Of seeds."""

PALE = ("#99c7e0", "#eebf99", "#dda0c9", "#f5d999", "#bbe1f6", "#beb0a5")
"""The same as `SETTINGS`, for areas."""

VERDICTS = {
    "reproduced": "#007a5a",
    "refuted": "#b84e00",
    "undecided": "#7a5c00",
    "estimated": "#0072b2",
    "broken": "#8c1d18",
}

DARK = {
    INK: "#e6ebef",
    FAINT: "#a9b4bd",
    PAPER: "#14191e",
    THRESHOLD: "#2fc99a",
    **dict(
        zip(
            SETTINGS,
            ("#4aa3df", "#f0814a", "#d14b8f", "#f0b429", "#9ad5f7", "#a0764a"),
            strict=True,
        )
    ),
    "#007a5a": "#2fc99a",
    "#b84e00": "#f0814a",
    "#7a5c00": "#d9b84a",
    "#8c1d18": "#f28b82",
}
"""On a dark ground each colour, by the one on a light ground."""
