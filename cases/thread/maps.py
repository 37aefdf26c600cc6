"""How many epochs a sine takes, by its frequency and by the net's depth."""

from dataclasses import replace

from epochal import Bounds, Cell, Claim, Control, EpochsMap, Experiment, Sine

from .settings import MOMENTUM, THREAD, hidden

FREQUENCIES = (0.5, 1, 2, 4, 8)
DEPTHS = (1, 2, 3, 4)

MAP: dict[Cell, Experiment] = {
    Cell(f"{frequency:g} × {depth}", frequency, depth): replace(
        MOMENTUM, target=Sine(frequency), net=hidden(depth, width=200)
    )
    for depth in DEPTHS
    for frequency in FREQUENCIES
}
"""The poster's width, range and step with momentum, by angular frequency and hidden layers."""

CLAIMS = [
    Claim(
        id="thread-map",
        source=THREAD,
        where="the replies on depth, and those on frequency",
        says="At every depth a faster sine takes more epochs.",
        reading=(
            "The poster's width and range with momentum, on sin(fx) for f from 0.5 to 8, with 1 to "
            "4 hidden layers. In every row of the map the epochs to an error of 0.05 never "
            "decrease with f, within 2000 epochs. One seed decides: the test distinguishes 96% of "
            "seeds from 4%."
        ),
        experiments={cell.arm: experiment for cell, experiment in MAP.items()},
        rule=EpochsMap(
            epoch=2000,
            mse_below=0.05,
            cells=tuple(MAP),
            x="angular frequency",
            y="hidden layers",
        ),
        bounds=Bounds(low=0.04, high=0.96, max_seeds=5),
        tier="standard",
        ours=True,
        expected="reproduced",
        control=Control(
            change="the columns of f = 0.5 and f = 2 exchanged",
            experiments={
                cell.arm: MAP[Cell(f"{2.5 - cell.x:g} × {cell.y:g}", 2.5 - cell.x, cell.y)]
                for cell in MAP
                if cell.x in (0.5, 2)
            },
        ),
    ),
]
