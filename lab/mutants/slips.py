"""Slips: one wrong expression in the source of the loop, in each of its branches.

A slip names a function and an expression in it, and not a file or a line: it is found wherever
the function stands, and is put in by exchanging the function's compiled code. One that is found
nowhere, or twice, is an error, so that no slip is lost when code moves.
"""

import ast
import inspect
import sys
import textwrap
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from types import CodeType, FunctionType
from typing import Any

from epochal.errors import SpecError
from lab.mutants.mutant import Mutant

__all__ = ["SLIPS", "place", "slipped"]

ROOMS = ("epochal.training", "epochal.experiments")
"""Where functions are looked for."""


@contextmanager
def slipped(function: str, old: str, new: str) -> Iterator[None]:
    """Within this block ``old`` is ``new`` in the function of that name that has it."""
    found, text = place(function, old)
    tree = ast.parse(text.replace(_plain(old), new))
    [definition] = tree.body
    assert isinstance(definition, ast.FunctionDef)
    definition.decorator_list = []
    made = compile(tree, f"<slip in {function}>", "exec")
    [code] = [each for each in made.co_consts if isinstance(each, CodeType)][:1]
    original = found.__code__
    found.__code__ = code
    try:
        yield
    finally:
        found.__code__ = original


def place(function: str, old: str) -> tuple[FunctionType, str]:
    """The function of that name that has ``old`` once, and its text as `ast.unparse` gives it.

    Raises:
        SpecError: no function has it, or more than one has.
    """
    texts = {each: _text(each) for each in set(_functions(function))}
    found = [each for each, text in texts.items() if text.count(_plain(old)) == 1]
    if len(found) != 1:
        rule = f"{len(found)} functions called {function} have this expression once"
        raise SpecError("slip", old, rule, "write it as the function now has it")
    return found[0], texts[found[0]]


def _functions(name: str) -> Iterator[FunctionType]:
    """All functions and methods of that name in the rooms, without their decorators."""
    for module in list(sys.modules.values()):
        own = getattr(module, "__name__", "")
        if not own.startswith(ROOMS):
            continue
        for owner in (module, *(each for each in vars(module).values() if _is_of(each, own))):
            thing: Any = vars(owner).get(name)
            thing = inspect.unwrap(getattr(thing, "__func__", thing))
            if isinstance(thing, FunctionType) and thing.__module__ == own:
                yield thing


def _is_of(thing: object, module: str) -> bool:
    return isinstance(thing, type) and thing.__module__ == module


def _text(function: FunctionType) -> str:
    with suppress(OSError):  # a dataclass's own __init__ has no source
        return ast.unparse(ast.parse(textwrap.dedent(inspect.getsource(function))))
    return ""


def _plain(code: str) -> str:
    """``code``, an expression, a statement or ``**keywords``, as `ast.unparse` gives it."""
    if code.startswith("**"):
        return f"**{_plain(code[2:])}"
    return ast.unparse(ast.parse(code))


def _slip(name: str, what: str, function: str, old: str, new: str, found: str = "") -> Mutant:
    process = partial(slipped, function, old, new)
    return Mutant(name=name, what=what, declared="either", found=found, process=process)


SLIPS: tuple[Mutant, ...] = (
    _slip(
        "slip-zero-before",
        "zero_grad() before the backward pass in every second epoch only",
        "_update",
        "self.loop.zero_grad == 'before'",
        "(self.loop.zero_grad == 'before' and self.epoch % 2 == 0)",
    ),
    _slip(
        "slip-zero-after",
        "zero_grad() after the step in every second epoch only",
        "_update",
        "self.loop.zero_grad == 'after'",
        "(self.loop.zero_grad == 'after' and self.epoch % 2 == 0)",
    ),
    _slip(
        "slip-zero-never",
        "gradients zeroed where they should be summed up",
        "_update",
        "self.loop.zero_grad == 'before'",
        "self.loop.zero_grad != 'after'",
    ),
    _slip(
        "slip-order",
        "batches never reshuffled",
        "batches",
        "torch.randperm(len(self.x), generator=self.order)",
        "torch.arange(len(self.x))",
    ),
    _slip(
        "slip-last-kept",
        "the last batch trained on where it should be left out",
        "batches",
        "self.loop.drop_last",
        "False",
    ),
    _slip(
        "slip-last-dropped",
        "the last batch left out where it should be trained on",
        "batches",
        "self.loop.drop_last",
        "True",
    ),
    _slip(
        "slip-schedule",
        "the scheduler stepped in every second epoch only",
        "_epoch",
        "self.scheduler is not None and (not self.stopped)",
        "(self.scheduler is not None and self.epoch % 2 == 0)",
    ),
    _slip(
        "slip-plateau",
        "the scheduler not told the loss",
        "step",
        "float(loss)",
        "1.0",
    ),
    _slip(
        "slip-evaluation",
        "errors taken in training mode",
        "_evaluate",
        "self.net.eval()",
        "self.net.train()",
    ),
    _slip(
        "slip-mode",
        "the net left in evaluation mode",
        "_evaluate",
        "each.training = training",
        "pass",
    ),
    _slip(
        "slip-buffers",
        "a look at the net moves running means",
        "buffers_kept",
        "buffers.update({name: copies.get(id(each)) for name, each in kept.items()})",
        "pass",
    ),
    _slip(
        "slip-noise",
        "trained on targets without the noise",
        "__init__",
        "as_trained(experiment, data, data.noisy)",
        "as_trained(experiment, data, data.target)",
    ),
    _slip(
        "slip-clean",
        "errors taken against what training sees",
        "scores_of",
        "columns_of(data.judged.target)",
        "columns_of(data.judged.target if data.held is not None else data.noisy)",
    ),
    _slip(
        "slip-units",
        "predictions of scaled targets without their offset",
        "_in_units",
        "self.unit * output + self.offset",
        "self.unit * output",
    ),
    _slip(
        "slip-deviation",
        "inputs divided by the deviation by n - 1",
        "_standardised",
        "values.std(axis=0)",
        "values.std(axis=0, ddof=1)",
    ),
    _slip(
        "slip-held-out",
        "rows held out judged by other rows' targets",
        "_of_table",
        "y[held]",
        "y[held[::-1]]",
    ),
    _slip(
        "slip-closure",
        "gradients not zeroed in the closure",
        "_closure",
        "self.optimizer.zero_grad()",
        "pass",
    ),
    _slip(
        "slip-stop",
        "training stops at nine tenths of the loss",
        "_measure",
        "float(self.loss) < self.loop.stop_below",
        "float(self.loss) < 0.9 * self.loop.stop_below",
    ),
    _slip(
        "slip-hold",
        "after a stop the record repeats the epoch before",
        "hold",
        "values[epoch + 1:] = values[epoch]",
        "values[epoch + 1:] = values[epoch - 1]",
    ),
    _slip(
        "slip-half",
        "the summed loss without its half",
        "loss_of",
        "0.5 * ((output - target) ** 2).sum()",
        "((output - target) ** 2).sum()",
    ),
    _slip(
        "slip-error",
        "the error of a summed loss halved",
        "mse_factor",
        "2.0 / numbers",
        "1.0 / numbers",
    ),
    _slip(
        "slip-loss",
        "a named loss without its arguments",
        "loss_of",
        "**loop.loss.keywords",
        "**{}",
    ),
    _slip(
        "slip-hinge",
        "a hinge loss that asks for half the margin",
        "loss_of",
        "1 - target * output",
        "0.5 - target * output",
    ),
    _slip(
        "slip-signs",
        "classes 0 and 1 given to a hinge loss as 0 and 1",
        "encoded",
        "2 * column - 1",
        "column",
    ),
    _slip(
        "slip-classes",
        "classes counted as wrong by the outputs of the row before",
        "_wrong",
        "decided(output) != classes",
        "decided(output.roll(1, 0)) != classes",
    ),
    _slip(
        "slip-margin",
        "the margin of a class to all classes, itself too",
        "_margin",
        "output.scatter(1, own, float('-inf'))",
        "output",
    ),
    _slip(
        "slip-held-classes",
        "the error rate on training points told as that on held-out rows",
        "more",
        "_wrong(judged, classes)",
        "_wrong(trained, self.classes)",
    ),
    _slip(
        "slip-outputs",
        "one output's error told for all",
        "more",
        "(judged - self.target).double().square().mean(dim=0)",
        "(judged - self.target).double().square().mean().expand(self.target.shape[1])",
    ),
    _slip(
        "slip-sharpness",
        "the sharpness 2% too large",
        "_largest",
        "float(found[0][0])",
        "1.02 * float(found[0][0])",
    ),
    _slip(
        "slip-weight-norm",
        "the norm of the weights without the last parameter",
        "weight_norm",
        "subject.net.parameters()",
        "list(subject.net.parameters())[:-1]",
    ),
    _slip(
        "slip-layer-norms",
        "norms of biases among those of matrices",
        "layer_norms",
        "each.ndim == 2",
        "each.ndim > 0",
    ),
    _slip(
        "slip-gradient-norm",
        "the norm of the gradient 1% too large",
        "gradient_norm",
        "float(subject.gradient().double().norm())",
        "1.01 * float(subject.gradient().double().norm())",
    ),
    _slip(
        "slip-dead-units",
        "units counted as dead that are 0 at any point",
        "dead_units",
        "(output <= 0).all(dim=0)",
        "(output <= 0).any(dim=0)",
    ),
    _slip(
        "slip-regions",
        "one linear region too many",
        "_pieces",
        "1 + int((np.abs(np.diff(slopes, axis=0)).max(axis=1) > SAME_SLOPE * scale).sum())",
        "2 + int((np.abs(np.diff(slopes, axis=0)).max(axis=1) > SAME_SLOPE * scale).sum())",
    ),
    _slip(
        "slip-confusion",
        "points counted for the class before",
        "confusion",
        "subject.classes * true + given",
        "subject.classes * true + (given - 1) % subject.classes",
    ),
    _slip(
        "slip-measured",
        "a function of one's own given inputs that are 1% too large",
        "taken",
        "measure.function(subject.net, subject.x, subject.y)",
        "measure.function(subject.net, 1.01 * subject.x, subject.y)",
    ),
    _slip(
        "slip-grid",
        "the evaluation grid shifted by a hundredth",
        "grid",
        "np.linspace(self.low, self.high, points)",
        "np.linspace(self.low, self.high, points) + 0.01",
    ),
    _slip(
        "slip-snapshot",
        "predictions stored in the opposite order",
        "snapshot",
        "predictions.cpu().numpy()",
        "predictions.cpu().numpy()[::-1]",
    ),
    _slip(
        "slip-coefficient",
        "coefficients of components 1% too large",
        "epoch",
        "self.projector @ output[:, 0].to(self.projector.dtype)",
        "1.01 * (self.projector @ output[:, 0].to(self.projector.dtype))",
    ),
    _slip(
        "slip-clip-norm",
        "gradients clipped to a norm 2% too large",
        "clip",
        "nn.utils.clip_grad_norm_(net.parameters(), loop.clip_norm)",
        "nn.utils.clip_grad_norm_(net.parameters(), 1.02 * loop.clip_norm)",
    ),
    _slip(
        "slip-clip-value",
        "entries of gradients cut off 2% too late",
        "clip",
        "nn.utils.clip_grad_value_(net.parameters(), loop.clip_value)",
        "nn.utils.clip_grad_value_(net.parameters(), 1.02 * loop.clip_value)",
    ),
    _slip(
        "slip-groups",
        "parameter groups without their own arguments",
        "_groups",
        "**group.keywords",
        "**{}",
    ),
    _slip(
        "slip-warm-up",
        "the schedulers of a sequence in the wrong order",
        "make_scheduler",
        "[make_scheduler(each, optimizer) for each in record.parts]",
        "[make_scheduler(each, optimizer) for each in record.parts[::-1]]",
    ),
)
"""Declared before the first run: each should be noticed, by a verdict or by drift."""
