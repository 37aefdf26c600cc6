"""A formula as mathematics, in what matplotlib's mathtext understands."""

import ast
from collections.abc import Callable, Mapping

__all__ = ["mathtext"]

MOST = 90
"""Letters of mathtext that a picture has room for."""

NAMES = {"theta": r"\theta", "pi": r"\pi", "e": r"\mathrm{e}"}

CALLS: Mapping[str, str] = {
    "sqrt": r"\sqrt{{{}}}",
    "abs": r"\left|{}\right|",
    "exp": r"\mathrm{{e}}^{{{}}}",
    "floor": r"\left\lfloor{}\right\rfloor",
    "ceil": r"\left\lceil{}\right\rceil",
    "hypot": r"\sqrt{{({})^2+({})^2}}",
    "mod": r"({})\;\mathrm{{mod}}\;({})",
    "where": r"({1}\;\mathrm{{where}}\;{0},\;\mathrm{{else}}\;{2})",
    "minimum": r"\min({},{})",
    "maximum": r"\max({},{})",
    "log": r"\ln({})",
    "sign": r"\mathrm{{sign}}({})",
    "sinc": r"\mathrm{{sinc}}({})",
}

SIGNS: Mapping[type, str] = {
    ast.Add: "+",
    ast.Sub: "−",
    ast.Lt: "<",
    ast.LtE: r"\leq",
    ast.Gt: ">",
    ast.GtE: r"\geq",
    ast.Eq: "=",
    ast.NotEq: r"\neq",
}

SUM, PRODUCT, ATOM = 1, 2, 3
"""How tightly a part holds together: of less than is needed it stands in brackets."""


def mathtext(tree: ast.expr) -> str:
    """``tree`` between dollar signs, without a space; nothing where it would be too long.

    >>> from epochal import Formula
    >>> mathtext(Formula("sin(2*x)/x + x**2").tree)
    '$\\\\dfrac{\\\\sin(2\\\\,x)}{x}+x^{2}$'
    """
    formula = _tex(tree)[0]
    return f"${formula}$" if len(formula) <= MOST else ""


def _tex(tree: ast.expr) -> tuple[str, int]:
    """The text of a formula and how tightly it holds together."""
    writers: Mapping[type, Callable[..., tuple[str, int]]] = {
        ast.Constant: _constant,
        ast.Name: _name,
        ast.UnaryOp: _unary,
        ast.BinOp: _binary,
        ast.Compare: _compared,
        ast.Call: _called,
    }
    return writers[type(tree)](tree)


def _at_least(tree: ast.expr, needed: int) -> str:
    formula, holds = _tex(tree)
    return formula if holds >= needed else f"({formula})"


def _constant(tree: ast.Constant) -> tuple[str, int]:
    mantissa, _, exponent = f"{float(tree.value):.6g}".partition("e")  # type: ignore[arg-type]
    if exponent:
        return rf"{mantissa}\cdot10^{{{int(exponent)}}}".replace("-", "−"), PRODUCT
    return mantissa, ATOM


def _name(tree: ast.Name) -> tuple[str, int]:
    return NAMES.get(tree.id, tree.id), ATOM


def _unary(tree: ast.UnaryOp) -> tuple[str, int]:
    sign = "−" if isinstance(tree.op, ast.USub) else ""
    return sign + _at_least(tree.operand, PRODUCT), SUM


def _binary(tree: ast.BinOp) -> tuple[str, int]:
    if isinstance(tree.op, ast.Div):
        return rf"\dfrac{{{_tex(tree.left)[0]}}}{{{_tex(tree.right)[0]}}}", PRODUCT
    if isinstance(tree.op, ast.Pow):
        return f"{_at_least(tree.left, ATOM)}^{{{_tex(tree.right)[0]}}}", PRODUCT
    if isinstance(tree.op, ast.Mult):
        between = r"\cdot" if isinstance(tree.right, ast.Constant) else r"\,"
        return _at_least(tree.left, PRODUCT) + between + _at_least(tree.right, PRODUCT), PRODUCT
    right = _at_least(tree.right, PRODUCT if isinstance(tree.op, ast.Sub) else SUM)
    if right.startswith("−"):
        right = f"({right})"
    return _at_least(tree.left, SUM) + SIGNS[type(tree.op)] + right, SUM


def _compared(tree: ast.Compare) -> tuple[str, int]:
    """A comparison by itself is 1 where it holds: in the square brackets of Iverson."""
    return f"[{_comparison(tree)}]", ATOM


def _comparison(tree: ast.Compare) -> str:
    sides = [_at_least(each, SUM) for each in (tree.left, *tree.comparators)]
    formula = sides[0]
    for op, side in zip(tree.ops, sides[1:], strict=True):
        formula += f"{SIGNS[type(op)]}{{{side}}}"
    return formula


def _called(tree: ast.Call) -> tuple[str, int]:
    name = tree.func.id if isinstance(tree.func, ast.Name) else ""
    parts = [
        _comparison(each) if name == "where" and isinstance(each, ast.Compare) else _tex(each)[0]
        for each in tree.args
    ]
    formula = CALLS.get(name, rf"\{name}({{}})").format(*parts)
    return formula, PRODUCT if name in ("exp", "mod") else ATOM
