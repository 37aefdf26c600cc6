"""Wrong types and own code in a case file: one line each, when the file is read."""

import re
from pathlib import Path

import pytest

from epochal.claims.folder import load
from epochal.errors import SpecError
from epochal.experiments.checks import printable
from epochal_testing import sessions

HELPERS = """
import functools
import numpy as np
import torch
from torch import nn
from epochal import Measured, ModuleNet

def net(width=4):
    return nn.Linear(1, 1)

def outer():
    def inner():
        return nn.Linear(1, 1)
    return inner

def changed(**changes):
    return claim("a", experiment=replace(TINY, **changes))

def own(factory, **more):
    return changed(net=ModuleNet(factory, weights=2, **more))

"""

MISTAKES = {
    "own(lambda: nn.Linear(1, 1))": (
        "tiny.py:N a.run.net.factory = '<lambda>': training runs in other processes, which "
        "cannot import it by that name; write it with def or class at the top level of a case"
        " file, and give what varies as arguments={…}"
    ),
    "own(outer())": (
        "tiny.py:N a.run.net.factory = 'outer.<locals>.inner': training runs in other "
        "processes, which cannot import it by that name; write it with def or class at the "
        "top level of a case file, and give what varies as arguments={…}"
    ),
    "own(functools.partial(net, 4))": (
        "tiny.py:N net.factory = functools.partial(<function net>, 4): a functools.partial "
        "has no name to be asked for by; give the function itself, and what it is to be given"
        " by arguments={…}"
    ),
    "own(nn.Linear(1, 1))": (
        "tiny.py:N net.factory = Linear(in_features=1, out_features=1, bias=True): a function"
        " or a class is needed, since it is called once for each seed, but this is a Linear; "
        "give the function or class that makes it"
    ),
    "own(net())": (
        "tiny.py:N net.factory = Linear(in_features=1, out_features=1, bias=True): a function"
        " or a class is needed, since it is called once for each seed, but this is a Linear; "
        "give the function or class that makes it"
    ),
    "own(net, arguments=[4])": (
        'tiny.py:N net.arguments = [4]: its arguments go by name; give arguments={"omega": 30}'
    ),
    "own(net, argument={'width': 4})": (
        "--cases = 'tiny.py:N': importing it fails (TypeError: ModuleNet.__init__() got an "
        "unexpected keyword argument 'argument' (tiny.py:N in own)); did you mean "
        "'arguments'?"
    ),
    "changed(measure=Measured(name='m', function=lambda net, x, y: 0.0))": (
        "tiny.py:N a.run.measure 'm' = '<lambda>': training runs in other processes, which "
        "cannot import it by that name; write it with def or class at the top level of a case"
        " file"
    ),
    "changed(net=nn.Linear(1, 1))": (
        "tiny.py:N net = Linear(in_features=1, out_features=1, bias=True): MLP or Siren or "
        "ModuleNet is needed, but this is a Linear; describe it as MLP(widths=…), or "
        "ModuleNet(factory, weights=…) for one of your own"
    ),
    "changed(net=MLP(widths=(8,), activation=nn.Tanh))": (
        "tiny.py:N net.activation = <class 'torch.nn.modules.activation.Tanh'>: str or "
        "Activation is needed, but this is the class Tanh; give the name of a class of "
        "torch.nn, such as 'Tanh'"
    ),
    "changed(net=MLP(widths=(8,), activation=nn.Tanh()))": (
        "tiny.py:N net.activation = Tanh(): str or Activation is needed, but this is a Tanh; "
        "give the name of a class of torch.nn, such as 'Tanh'"
    ),
    "changed(net=MLP(widths=(8,), activation=torch.tanh))": (
        "tiny.py:N net.activation = <built-in method tanh of type object>: str or Activation "
        "is needed, but this is the function tanh; give the name of a class of torch.nn, such"
        " as 'builtin_function_or_method'"
    ),
    "changed(net=MLP(widths=(8,), weights='zero'))": (
        "tiny.py:N net.weights = 'zero': not one of glorot_uniform, he_uniform, ones, zeros; "
        "did you mean 'zeros'?"
    ),
    "changed(target=torch.sin)": (
        "tiny.py:N target = <built-in method sin of type object>: a target is needed, but "
        "this is the function sin; give one such as Sine(2), or a frozen dataclass of your "
        "own"
    ),
    "changed(target=Sine)": (
        "tiny.py:N target = <class 'epochal.experiments.targets.Sine'>: a target is needed, "
        "but this is the class Sine; give one such as Sine(2), or a frozen dataclass of your "
        "own"
    ),
    "changed(target='sin')": (
        "tiny.py:N target = 'sin': a target is needed, but a str has no waves and no scale "
        "and no values; give one such as Sine(2), or a frozen dataclass of your own"
    ),
    "changed(target=SumOfSines([4, 14]))": (
        "tiny.py:N target.waves = 4: Wave is needed, but this is an int; give one such as "
        "SumOfSines((Wave(4), Wave(14)))"
    ),
    "changed(target=SumOfSines(Wave(4)))": (
        "tiny.py:N target.waves = Wave(angular_frequency=4.0, amplitude=1.0, phase=0.0): "
        "tuple or list is needed, but this is a Wave; give one such as SumOfSines((Wave(4), "
        "Wave(14)))"
    ),
    "changed(inputs=np.linspace(-1, 1, 20))": (
        "tiny.py:N inputs = array([-1. , -0.89473684, -0.78947368, -0.68421053, -0.57894737, "
        "-0.47368421, -0.36842105, -0.2631 …: an input is needed, but a ndarray has no points"
        " and no dimensions and no span and no positions and no grid and no features; give "
        "Line(…) or Circle(…), or a frozen dataclass of your own"
    ),
    "changed(inputs=Line(low=-1, high=1, points=20, embedding='angle'))": (
        "tiny.py:N inputs.embedding = 'angle': Embedding is needed, but this is a str; give "
        'one such as Embedding("angle", 0.4)'
    ),
    "changed(optimizer='SGD')": (
        "tiny.py:N optimizer = 'SGD': Optimizer is needed, but this is a str; give its name "
        'and arguments, such as Optimizer("SGD", lr=1e-3)'
    ),
    "changed(optimizer=torch.optim.SGD)": (
        "tiny.py:N optimizer = <class 'torch.optim.sgd.SGD'>: Optimizer is needed, but this "
        'is the class SGD; give its name and arguments, such as Optimizer("SGD", lr=1e-3)'
    ),
    "changed(optimizer=Optimizer(name='Adam', lr=0.1))": (
        "tiny.py:N optimizer.name = 'Adam': the name comes first, without keyword; write "
        "Optimizer('Adam', …)"
    ),
    "changed(optimizer=Optimizer(torch.optim.Adam, lr=0.1))": (
        "tiny.py:N optimizer.name = <class 'torch.optim.adam.Adam'>: torch's things are named"
        " in quotes; write Optimizer('Adam', …)"
    ),
    "changed(loop={'batch': 5})": (
        "tiny.py:N loop = {'batch': 5}: Loop is needed, but this is a dict; give one such as "
        'Loop(loss="mean")'
    ),
    "changed(loops=Loop())": (
        "--cases = 'tiny.py:N': importing it fails (TypeError: Experiment.__init__() got an "
        "unexpected keyword argument 'loops' (tiny.py:N in changed)); did you mean 'loop'?"
    ),
    "Experiment(inputs=TINY.inputs)": (
        "--cases = 'tiny.py:N': importing it fails (TypeError: Experiment.__init__() missing "
        "3 required keyword-only arguments: 'target', 'net', and 'optimizer' (tiny.py:N in "
        "<module>)); mend it"
    ),
    "claim('a', experiment=[TINY])": (
        "tiny.py:N a.experiments = [Experiment(inputs=Line(low=-1.0, high=1.0, points=20, "
        "draw='uniform', embedding=Embedding(kind='a …: Experiment or Training or Mapping is "
        'needed, but this is a list; give an Experiment, or several by name: {"with": …, '
        '"without": …}'
    ),
    "claim('a', rule=FitsBy)": (
        "tiny.py:N a.rule = <class 'epochal.claims.rules.named.errors.FitsBy'>: a rule is needed, "
        "but this is the class FitsBy; give one such as FitsBy(epoch=9, mse_below=0.1)"
    ),
    "claim('a', rule=lambda runs: True)": (
        "tiny.py:N a.rule = <function <lambda>>: a rule is needed, but this is the function "
        "<lambda>; give one such as FitsBy(epoch=9, mse_below=0.1)"
    ),
    "claim('a', control='tanh')": (
        "tiny.py:N a.control = 'tanh': Control is needed, but this is a str; give "
        "Control(change=…, experiments=…)"
    ),
    "claim('a', reduced=FitsBy(epoch=9, mse_below=0.1))": (
        "tiny.py:N a.reduced = FitsBy(epoch=9, arm='run', mse_below=0.1, "
        "variance_share_below=None, after=0, on='training'): Reduced is needed, "
        "but this is a FitsBy; give Reduced(rule=…, why=…)"
    ),
    "claim('a', bounds=0.2)": (
        "tiny.py:N a.bounds = 0.2: Bounds is needed, but this is a float; give one such as "
        "Bounds(max_seeds=9)"
    ),
    "claim('a', expect='reproduced')": (
        "--cases = 'tiny.py:N': importing it fails (TypeError: Claim.__init__() got an "
        "unexpected keyword argument 'expect' (tiny.py:N in claim)); did you mean 'expected'?"
    ),
    "claim(44)": ("tiny.py:N 44.id = 44: a text is needed; write a sentence or a name in quotes"),
    "replace(claim('a'), source='blog')": (
        "tiny.py:N a.source = 'blog': Source is needed, but this is a str; give a Source(…)"
    ),
    "replace(claim('a'), says=None)": (
        "tiny.py:N a.says = None: a text is needed; write a sentence or a name in quotes"
    ),
    "replace(claim('a'), first_seed='44')": (
        "tiny.py:N a.first_seed = '44': a whole number of at least 0 is needed; give 0 or more"
    ),
    "claim('a', experiment=Training(train=TINY, flops_an_epoch=1.0))": (
        "tiny.py:N training.train = Experiment(inputs=Line(low=-1.0, high=1.0, points=20, "
        "draw='uniform', embedding=Embedding(kind='as …: a function or a class is needed, "
        "since it is called for each seed, but this is an Experiment; give the function or "
        "class that makes it"
    ),
    "claim('a', experiment=Training(train=lambda s, d, e: None, flops_an_epoch=1.0))": (
        "tiny.py:N a.run.train = '<lambda>': training runs in other processes, which cannot "
        "import it by that name; write it with def or class at the top level of a case file, "
        "and give what varies as arguments={…}"
    ),
    "claim('a', experiment=Training(train=trained, flops_an_epoch='many'))": (
        "tiny.py:N training.flops_an_epoch = 'many': a finite number is needed; give one such"
        " as 1.5"
    ),
    "claim('a', FitsBy(epoch=20, mse_below='small'))": (
        "tiny.py:N rule.mse_below = 'small': a finite number is needed; give one such as 1.5"
    ),
    "claim('a', FitsBy(20, 0.1))": (
        "--cases = 'tiny.py:N': importing it fails (TypeError: FitsBy.__init__() takes 1 "
        "positional argument but 3 were given (tiny.py:N in <module>)); give every field by "
        "its name"
    ),
    "claim('a', Nothing(20))": (
        "--cases = 'tiny.py:N': importing it fails (NameError: name 'Nothing' is not defined "
        "(tiny.py:N in <module>)); mend it"
    ),
}
"""What stands in the case file, and the line that answers it, with N for the line's number."""


@pytest.mark.parametrize("text", MISTAKES)
def test_a_mistake_is_told_in_one_line_when_the_file_is_read(tmp_path: Path, text: str) -> None:
    sessions.prepare(tmp_path, f"{HELPERS}CLAIMS = [{text}]\n")
    with pytest.raises(SpecError) as caught:
        load(tmp_path / "cases")
    told = str(caught.value).replace(f"{tmp_path / 'cases'}/", "")
    assert re.sub(r"tiny\.py:\d+", "tiny.py:N", told) == MISTAKES[text]
    assert "\n" not in told


def test_what_a_worker_can_import_is_taken(tmp_path: Path) -> None:
    nets = ("net", "net, arguments={'width': 8}", "nn.Identity")
    text = ", ".join(f"replace(own({each}), id='c{n}')" for n, each in enumerate(nets))
    sessions.prepare(tmp_path, f"{HELPERS}CLAIMS = [{text}]\n")
    assert len(load(tmp_path / "cases")) == 3


@pytest.mark.parametrize("letter", ["\x1b", "\u202e", "\ud800", "\u2028"], ids=ascii)
def test_a_text_holds_nothing_that_hides_or_turns_letters(letter: str) -> None:
    with pytest.raises(SpecError, match="it holds a control character; leave it out"):
        printable("says", f"a{letter}b")


def test_a_text_may_be_in_any_language_and_have_lines() -> None:
    for words in ("line\n\tbreak", "Übung × ∞ → 学习 تعلم 🙂"):
        assert printable("says", words) == words
