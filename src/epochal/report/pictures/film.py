"""The film of a claim: its nets over epochs, with the error beside them, as a looping picture."""

from collections.abc import Callable, Mapping, Sequence
from io import BytesIO
from textwrap import shorten
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import NullFormatter
from PIL import Image, PngImagePlugin

from epochal.experiments.inputs import Array
from epochal.judging.curves import Curves
from epochal.judging.films import Film
from epochal.report.colours import FAILS, FAINT, INK, PALE, PAPER, SETTINGS, THRESHOLD
from epochal.report.pictures.learning import MOST_FITS, mark_epochs
from epochal.report.pictures.style import LINES, STYLE, array, covered, named, titled
from epochal.report.shown import Shot

__all__ = ["encoded", "images"]

SIZE, DPI = (8.0, 4.4), 100
"""Inches, and pixels an inch."""

FRAME, HOLD = 140, 2400
"""Milliseconds that a frame is shown, and the last one."""

LONG = 92
"""Letters in a line of the title, whose sentence has at most two."""

COLOURS = 128
"""Of the palette that all frames share."""

NEARLY = 246
"""From this part of red, green and blue on a colour is white."""

OFF = 0.35
"""How far beyond the target's range the panel of the net goes, as a part of it."""

MOST_OFF = 1.5
"""The largest error that is shown, as a part of the target's range; at least `OFF` is."""

Move = Callable[[int], None]
"""Puts a panel to an epoch."""


def images(shot: Shot) -> tuple[list[Image.Image], dict[str, str]]:
    """One image for each epoch of the films of ``shot``, 800 × 440 pixels.

    Returns:
        The images, and the labels that cover each other as `epochal.report.pictures.style.png`
        notes them in a file.
    """
    with mpl.rc_context(STYLE | {"savefig.dpi": DPI, "figure.dpi": DPI}):
        figure = Figure(figsize=SIZE, dpi=DPI)
        canvas = FigureCanvasAgg(figure)
        says, verdict = shot.title.splitlines()
        titled(figure, f"{shorten(says, 2 * LONG, placeholder=' …')}\n{verdict}", long=LONG)
        top = "ab" if not shot.is_map or _is_known(shot) else "aa"
        panels = figure.subplot_mosaic(f"{top};cc", height_ratios=(2.4, 1))
        if shot.is_map:
            net = _maps(panels["a"], panels.get("b"), shot)
        else:
            net = _lines(panels["a"], panels["b"], shot)
        moves = [net, _progress(panels["c"], shot)]
        found = list[Image.Image]()
        for epoch in epochs_of(shot.arms):
            for move in moves:
                move(epoch)
            canvas.draw()  # type: ignore[no-untyped-call]
            if not found:
                figure.set_layout_engine("none")  # panels must not move
            drawn = np.asarray(canvas.buffer_rgba())  # type: ignore[no-untyped-call]
            found.append(Image.fromarray(drawn[..., :3].copy()))
        return found, covered(figure)


def epochs_of(arms: Mapping[str, Curves]) -> list[int]:
    """The epochs at which any first seed has a frame."""
    return sorted({epoch for curves in arms.values() for epoch in curves.films[0].epochs})


def encoded(frames: Sequence[Image.Image], kind: str, facts: Mapping[str, str]) -> bytes:
    """``frames`` as a looping APNG or GIF.

    Args:
        frames: of one size.
        kind: ``PNG`` or ``GIF``.
        facts: texts inside a PNG.
    """
    some = [frames[0], frames[len(frames) // 2], frames[-1]]
    whole = Image.fromarray(np.concatenate([np.asarray(each) for each in some]))
    palette = whole.quantize(COLOURS, dither=Image.Dither.NONE)
    colours = np.reshape(palette.getpalette() or (), (-1, 3))
    colours[(colours >= NEARLY).all(axis=1)] = 255  # the ground is white
    palette.putpalette(colours.ravel().tolist())
    flat = [each.quantize(palette=palette, dither=Image.Dither.NONE) for each in frames]
    inside, file = PngImagePlugin.PngInfo(), BytesIO()
    for name, text in facts.items():
        inside.add_text(name, text)
    more: dict[str, Any] = {"pnginfo": inside} if kind == "PNG" else {"optimize": True}
    durations = [FRAME] * (len(flat) - 1) + [HOLD]
    flat[0].save(
        file, kind, save_all=True, append_images=flat[1:], duration=durations, loop=0, **more
    )
    return file.getvalue()


def _is_known(shot: Shot) -> bool:
    """Whether the target is known between the points, so that there is an error to show."""
    return bool(np.isfinite(array(next(iter(shot.arms.values())).target)).any())


def _at(film: Film, epoch: int) -> int:
    """The last frame that is not after ``epoch``."""
    return max(0, int(np.searchsorted(film.epochs, epoch, side="right")) - 1)


def _lines(left: Axes, right: Axes, shot: Shot) -> Move:
    """The net and its error along x: of one setting every seed, of several the first ones."""
    moving: list[tuple[Film, Array, Array, Line2D, Line2D]] = []
    values = array([value for curves in shot.arms.values() for value in curves.target])
    low, high = float(np.nanmin(values)), float(np.nanmax(values))
    span = high - low or 1.0
    for place, (name, curves) in enumerate([*shot.arms.items()][:MOST_FITS]):
        x, target = array(curves.positions), array(curves.target)
        line = shot.targets.get(name)
        if place == 0:
            known = (line.x, line.y) if line else (x, target)
            left.plot(*known, "--", color=FAINT, lw=1.2, label="target")
        for number, film in enumerate(curves.films[: None if len(shot.arms) == 1 else 1]):
            first = number == 0
            words = f"{name}, seed {film.seed}" if len(shot.arms) > 1 else f"seed {film.seed}"
            looks: dict[str, Any] = {
                "color": SETTINGS[place],
                "ls": LINES[place % 2],
                "lw": 1.9 if first else 0.7,
                "alpha": 1.0 if first else 0.4,
                "zorder": 3 if first else 2,
            }
            [net] = left.plot(x, x * np.nan, label=words if first else None, **looks)
            [error] = right.plot(x, x * np.nan, **looks)
            moving.append((film, film.fits, target, net, error))
    if shot.trained is not None:
        left.axvspan(*shot.trained, color=FAINT, alpha=0.15, lw=0, label="trained on")
    left.set_ylim(low - OFF * span, high + 2 * OFF * span)
    worst = max(float(np.nanmax(abs(fits - target), initial=0)) for _, fits, target, *_ in moving)
    right.set_ylim(*np.clip(1.05 * worst, *(OFF * span, MOST_OFF * span)) * np.array([-1, 1]))
    right.axhline(0, color=FAINT, lw=1, ls="--")
    for axes, word in ((left, "output"), (right, "net − target")):
        axes.set_xlim(float(x.min()), float(x.max()))
        axes.set_xlabel(shot.position)
        axes.set_ylabel(word)
    left.legend(loc="upper left", ncols=2, fontsize=8, handlelength=1.5)

    def move(epoch: int) -> None:
        for film, fits, target, net, error in moving:
            fit = fits[_at(film, epoch)]
            net.set_ydata(fit)
            error.set_ydata(fit - target)

    return move


def _maps(left: Axes, right: Axes | None, shot: Shot) -> Move:
    """The first seed's net over two coordinates with its points, and where it is off."""
    curves = next(iter(shot.arms.values()))
    film, fits, target = curves.films[0], curves.films[0].fits, array(curves.target)
    positions = np.array(curves.positions)
    side = round(len(positions) ** 0.5)
    x, y = positions[::side, 0], positions[:side, 1]

    def square(values: Array) -> Array:
        return np.asarray(values.reshape(side, side).T)

    count = shot.classes
    between: dict[str, Any]
    off: dict[str, Any]
    if count:
        few = ListedColormap(list(PALE[:count]))
        colours = few if count <= len(PALE) else mpl.colormaps["viridis"].resampled(count)
        between = {"cmap": colours, "vmin": -0.5, "vmax": count - 0.5}
        off = {"cmap": ListedColormap([PAPER, FAILS]), "vmin": 0, "vmax": 1}
    else:
        low, high = float(np.nanmin(target)), float(np.nanmax(target))
        between = {"cmap": "viridis", "vmin": low, "vmax": high}
        off = {"cmap": "magma_r", "vmin": 0.0, "vmax": (high - low) / 2 or 1.0}
    net = left.pcolormesh(x, y, square(fits[-1]), shading="nearest", **between)
    named(left, f"class given, seed {film.seed}" if count else f"net, seed {film.seed}")
    error = None
    if right is not None:
        error = right.pcolormesh(x, y, square(fits[-1]), shading="nearest", **off)
        named(right, "wrong" if count else "|net − target|")
    if shot.points is not None and count <= len(SETTINGS):
        at = np.array(shot.points.x)
        left.scatter(at[:, 0], at[:, 1], s=9, c=[SETTINGS[int(each)] for each in shot.points.y])
    for axes in filter(None, (left, right)):
        axes.set_xlabel("x")
        axes.set_ylabel("y")
        axes.set_aspect("equal")

    def move(epoch: int) -> None:
        fit = fits[_at(film, epoch)]
        net.set_array(square(fit))
        if error is not None:
            error.set_array(square(np.abs(fit - target) > 0 if count else np.abs(fit - target)))

    return move


def _progress(axes: Axes, shot: Shot) -> Move:
    """The errors over epochs, with a dot at the epoch that is shown."""
    arms, marks = shot.arms, shot.marks
    dots: list[tuple[Film, Line2D]] = []
    for place, (_, curves) in enumerate([*arms.items()][:MOST_FITS]):
        film, colour = curves.films[0], SETTINGS[place]
        epochs, mse = array(film.epochs), array(film.mse)
        axes.plot(epochs[1:], mse[1:], color=colour, lw=1.1, alpha=0.5, ls=LINES[place % 2])
        [dot] = axes.plot([], [], "o", color=colour, ms=6)
        dots.append((film, dot))
    for threshold in marks.measured.get("error rate", ()) if shot.classes else marks.mse:
        axes.axhline(threshold, color=THRESHOLD, lw=1.1)
        axes.text(
            *(0.19, threshold, f"threshold {threshold:.3g}"),
            transform=axes.get_yaxis_transform(),
            va="bottom",
            fontsize=8,
            color=THRESHOLD,
        )
    axes.set_xscale("log")
    if not shot.classes and any(any(curves.films[0].mse) for curves in arms.values()):
        axes.set_yscale("log")
        axes.yaxis.set_minor_formatter(NullFormatter())
    axes.set_xlabel("epoch")
    axes.set_ylabel("error rate" if shot.classes else "training MSE")
    mark_epochs(axes, marks)
    last = epochs_of(arms)[-1]
    epochs_words = axes.text(
        0.01, 0.1, "", transform=axes.transAxes, fontsize=13, fontweight="bold", color=INK
    )

    def move(epoch: int) -> None:
        epochs_words.set_text(f"epoch {epoch:>{len(str(last))}}")
        for film, dot in dots:
            place = _at(film, epoch)
            error = film.mse[place]
            shown = [] if error is None or place == 0 else [(film.epochs[place], error)]
            dot.set_data([x for x, _ in shown], [y for _, y in shown])

    return move
