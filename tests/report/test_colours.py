"""The colours of pictures and of the page differ for readers with any colour vision."""

from itertools import combinations

import numpy as np
import pytest
from numpy.typing import NDArray

from epochal.report.colours import DARK, FAINT, INK, PAPER, SETTINGS, THRESHOLD, VERDICTS

Values = NDArray[np.float64]

SEEN = {
    "any": np.eye(3),
    "protanopia": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "deuteranopia": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
    "tritanopia": [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.303900],
    ],
}
"""How linear red, green and blue are seen: Machado, Oliveira and Fernandes (2009), severity 1."""

APART = 14.0
"""In CIELAB, where 2.3 is just noticed side by side."""

TEXT = 4.5
"""The least contrast of text by WCAG 2.2, level AA."""

LINES = (*SETTINGS, THRESHOLD, FAINT)


def linear(colour: str) -> Values:
    values = np.array([int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)])
    return np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)


def lab(rgb: Values) -> Values:
    xyz = np.array(
        [
            [0.4124564, 0.3575761, 0.1804375],
            [0.2126729, 0.7151522, 0.0721750],
            [0.0193339, 0.1191920, 0.9503041],
        ]
    ) @ np.clip(rgb, 0, 1)
    part = xyz / [0.95047, 1.0, 1.08883]
    f = np.where(part > 0.008856, np.cbrt(part), 7.787 * part + 16 / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def contrast(one: str, other: str) -> float:
    light = sorted(float(linear(each) @ [0.2126, 0.7152, 0.0722]) for each in (one, other))
    return (light[1] + 0.05) / (light[0] + 0.05)


@pytest.mark.parametrize("ground", ["light", "dark"])
@pytest.mark.parametrize("seen", SEEN)
def test_any_two_lines_differ(seen: str, ground: str) -> None:
    chosen = [DARK[each] if ground == "dark" else each for each in LINES]
    apart = {
        (one, other): float(
            np.linalg.norm(
                lab(np.array(SEEN[seen]) @ linear(one)) - lab(np.array(SEEN[seen]) @ linear(other))
            )
        )
        for one, other in combinations(chosen, 2)
    }
    assert min(apart.values()) >= APART, min(apart, key=lambda pair: apart[pair])


@pytest.mark.parametrize("colour", [INK, *VERDICTS.values()])
def test_text_and_verdicts_can_be_read_on_either_ground(colour: str) -> None:
    assert contrast(colour, PAPER) >= TEXT
    assert contrast(DARK[colour], DARK[PAPER]) >= TEXT
