"""Formulas of coordinates: parsed, checked against a short list of what is allowed, never run.

A formula's text is kept as Python writes its tree, so that two ways to write one are one setting.
It is worked out by numpy in float64, operation by operation.
"""

import ast
import operator
import sys
from collections.abc import Callable, Iterator, Mapping
from functools import reduce
from typing import Any

import numpy as np

from epochal.errors import SpecError, nearest
from epochal.experiments.inputs import Array

__all__ = ["COORDINATES", "FUNCTIONS", "names", "parsed", "worked_out"]

COORDINATES = ("x", "y", "z", "theta")

CONSTANTS = {"pi": np.pi, "e": np.e}

FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    "sin": np.sin,
    "cos": np.cos,
    "tan": np.tan,
    "arcsin": np.arcsin,
    "arccos": np.arccos,
    "arctan": np.arctan,
    "sinh": np.sinh,
    "cosh": np.cosh,
    "tanh": np.tanh,
    "sinc": np.sinc,
    "exp": np.exp,
    "log": np.log,
    "sqrt": np.sqrt,
    "abs": np.abs,
    "sign": np.sign,
    "floor": np.floor,
    "ceil": np.ceil,
    "mod": np.mod,
    "hypot": np.hypot,
    "minimum": np.minimum,
    "maximum": np.maximum,
    "where": np.where,
}
"""By the names that numpy has for them."""

ARGUMENTS = {"mod": 2, "hypot": 2, "minimum": 2, "maximum": 2, "where": 3}
"""How many arguments those take that take more than one."""

OPERATIONS: Mapping[type, Callable[..., Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Pow: operator.pow,
    ast.USub: operator.neg,
    ast.UAdd: operator.pos,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
}

DEEPEST, LARGEST = 100, sys.float_info.max
"""How deep a formula may be nested, and the largest number in it."""

INSTEAD = {ast.BitXor: "write ** for a power", ast.And: "multiply two comparisons"}


def parsed(field: str, text: str) -> ast.expr:
    """The tree of a formula.

    Raises:
        SpecError: it does not parse, or holds what is not allowed.

    >>> ast.unparse(parsed("target.text", "sin(2 * x)+ 1"))
    'sin(2 * x) + 1'
    >>> parsed("target.text", "sine(x)")
    Traceback (most recent call last):
    epochal.errors.SpecError: target.text = 'sine(x)': no function sine; did you mean 'sin'?
    """
    try:
        tree = ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, MemoryError, RecursionError) as error:
        where = getattr(error, "offset", None)
        rule = "it does not parse" + (f", at letter {where}" if where else "")
        raise SpecError(field, text, rule, 'write one such as "sin(2*x) + x/3"') from error
    for rule, step in _wrong(tree):
        raise SpecError(field, text, rule, step)
    return tree


def names(tree: ast.expr) -> tuple[str, ...]:
    """The coordinates that a formula holds, in the order of `COORDINATES`."""
    held = {each.id for each in ast.walk(tree) if isinstance(each, ast.Name)}
    return tuple(each for each in COORDINATES if each in held)


def worked_out(tree: ast.expr, coordinates: Mapping[str, Array]) -> Any:
    """What a formula gives at ``coordinates``, by their names."""
    if isinstance(tree, ast.Constant):
        return np.float64(tree.value)  # type: ignore[arg-type]
    if isinstance(tree, ast.Name):
        return coordinates[tree.id] if tree.id in coordinates else CONSTANTS[tree.id]
    if isinstance(tree, ast.UnaryOp):
        return OPERATIONS[type(tree.op)](worked_out(tree.operand, coordinates))
    if isinstance(tree, ast.BinOp):
        sides = [worked_out(each, coordinates) for each in (tree.left, tree.right)]
        return OPERATIONS[type(tree.op)](*sides)
    if isinstance(tree, ast.Compare):
        sides = [worked_out(each, coordinates) for each in (tree.left, *tree.comparators)]
        pairs = zip(tree.ops, sides, sides[1:], strict=False)
        held = [OPERATIONS[type(op)](one, other) for op, one, other in pairs]
        return np.asarray(reduce(np.logical_and, held), np.float64)
    assert isinstance(tree, ast.Call)
    assert isinstance(tree.func, ast.Name)
    return FUNCTIONS[tree.func.id](*(worked_out(each, coordinates) for each in tree.args))


def _wrong(tree: ast.expr) -> Iterator[tuple[str, str]]:
    """What is not allowed in a formula, and what to write instead."""
    open_: list[tuple[ast.AST, int]] = [(tree, 1)]
    while open_:
        each, depth = open_.pop(0)
        if depth > DEEPEST:
            yield f"it is nested more than {DEEPEST} deep", "give a function of your own"
        if isinstance(each, ast.Call):
            yield from _wrong_call(each)
            open_ += [(argument, depth + 1) for argument in each.args]
        elif isinstance(each, ast.Name):
            known = [*COORDINATES, *CONSTANTS]
            if each.id not in known:
                step = f"call it: {each.id}(x)" if each.id in FUNCTIONS else nearest(each.id, known)
                yield f"no coordinate or constant {each.id}", step
        elif isinstance(each, ast.Constant):
            if isinstance(each.value, bool) or not isinstance(each.value, int | float):
                yield f"{each.value!r} is not a number", "write numbers such as 1.5"
            elif not abs(each.value) <= LARGEST:
                yield "it has a number too large for float64", "write a smaller one"
        elif isinstance(each, ast.BinOp | ast.UnaryOp | ast.Compare):
            ops = each.ops if isinstance(each, ast.Compare) else [each.op]
            for op in ops:
                if type(op) not in OPERATIONS:
                    step = INSTEAD.get(type(op), "use + - * / ** and comparisons")
                    yield f"the operation {type(op).__name__} is not allowed", step
            open_ += [(child, depth + 1) for child in ast.iter_child_nodes(each)]
        elif isinstance(each, ast.expr):
            step = "use numbers, coordinates, + - * / **, comparisons and functions"
            yield f"{type(each).__name__} is not allowed: {ast.unparse(each)}", step


def _wrong_call(call: ast.Call) -> Iterator[tuple[str, str]]:
    if not isinstance(call.func, ast.Name):
        step = "call functions by their bare names, such as sin(x)"
        yield f"{ast.unparse(call.func)} is not allowed", step
        return
    name = call.func.id
    if name not in FUNCTIONS:
        yield f"no function {name}", nearest(name, FUNCTIONS)
        return
    wanted = ARGUMENTS.get(name, 1)
    if call.keywords or len(call.args) != wanted:
        given = f"{len(call.args)} and keywords" if call.keywords else str(len(call.args))
        yield f"{name} takes {wanted} argument{'s' * (wanted > 1)}, and has {given}", "correct it"
