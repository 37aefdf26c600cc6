"""The forum thread that asks why a small net will not fit a sine, a module a theme."""

from . import figure, inputs, ladder, loop, maps, opening, reply, size

CLAIMS = [
    *opening.CLAIMS,
    *figure.CLAIMS,
    *loop.CLAIMS,
    *reply.CLAIMS,
    *inputs.CLAIMS,
    *size.CLAIMS,
    *ladder.CLAIMS,
    *maps.CLAIMS,
]
