"""Formulas as mathematics: what pictures write can be read, and by matplotlib too."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.mathtext import MathTextParser

from epochal import Formula
from epochal.experiments.formula import ARGUMENTS, FUNCTIONS
from epochal.report.mathematics import MOST, mathtext

PARSER = MathTextParser("path")


@pytest.mark.parametrize(
    ("formula", "told"),
    [
        ("sin(2*x)", r"$\sin(2\,x)$"),
        ("(x - 0.5)**2", "$(x−0.5)^{2}$"),
        ("sqrt(x**2 + y**2)", r"$\sqrt{x^{2}+y^{2}}$"),
        ("exp(-x)/3", r"$\dfrac{\mathrm{e}^{−x}}{3}$"),
        ("x - (y - z)", "$x−(y−z)$"),
        ("x + (y + z)", "$x+y+z$"),
        ("2*(x + 1)*pi", r"$2\,(x+1)\,\pi$"),
        ("2*3", r"$2\cdot3$"),
        ("x > 0", "$[x>{0}]$"),
        ("where(x > 0, 1, -1)", r"$(1\;\mathrm{where}\;x>{0},\;\mathrm{else}\;−1)$"),
        ("abs(theta)", r"$\left|\theta\right|$"),
        ("x * -2", r"$x\,(−2)$"),
        ("1e-7*x", r"$1\cdot10^{−7}\,x$"),
        ("-x**2", "$−x^{2}$"),
        ("(-x)**2", "$(−x)^{2}$"),
        ("(x**2)**3", "$(x^{2})^{3}$"),
        ("(x/y)**2", r"$(\dfrac{x}{y})^{2}$"),
    ],
)
def test_a_formula_is_written_as_one_would(formula: str, told: str) -> None:
    assert mathtext(Formula(formula).tree) == told


def test_a_long_one_is_left_out() -> None:
    assert mathtext(Formula("+".join(["sin(x)"] * 20)).tree) == ""


leaves = st.sampled_from(["x", "y", "theta", "pi", "e", "2", "0.25", "1e-9", "30000000"])


def grown(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    binary = st.sampled_from(["+", "-", "*", "/", "**", "<", ">=", "!="])
    call = st.sampled_from(sorted(FUNCTIONS)).flatmap(
        lambda name: st.tuples(*[inner] * ARGUMENTS.get(name, 1)).map(
            lambda given: f"{name}({', '.join(given)})"
        )
    )
    return st.one_of(
        st.tuples(inner, binary, inner).map(lambda parts: "({} {} {})".format(*parts)),
        inner.map(lambda part: f"(-{part})"),
        call,
    )


@given(st.recursive(leaves, grown, max_leaves=6))
def test_matplotlib_can_read_every_formula(text: str) -> None:
    told = mathtext(Formula(text).tree)
    assert len(told) <= MOST + 2
    assert " " not in told
    assert "-" not in told
    if told:
        PARSER.parse(told)
