"""Specifications check themselves: which field, which value, which rule, what to do next."""

import math
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import pytest

import epochal
from epochal import (
    MLP,
    Activation,
    AnyOfSeeds,
    Band,
    Bounds,
    Cell,
    CentreBeforeEdges,
    Circle,
    Control,
    EdgesBeforeCentre,
    Embedding,
    EpochsMap,
    EpochsRatio,
    ErrorRateAt,
    ErrorRateBy,
    Experiment,
    Exponent,
    FitsBy,
    Group,
    Initializer,
    IsAffine,
    Line,
    Looks,
    Loop,
    LosesFit,
    Loss,
    LossRises,
    LowBeforeHigh,
    MaxErrorAt,
    ModuleNet,
    MseAt,
    MseRatioAt,
    Optimizer,
    ProbeAgrees,
    RadiusGrows,
    Reduced,
    RisesAtMost,
    SameBits,
    SameLosses,
    Scheduler,
    ShareBy,
    ShareOfSeeds,
    ShareRatioAt,
    SharesAt,
    Sine,
    StaysAbove,
    SumOfSines,
    Wave,
    WhichFit,
)
from epochal.errors import DeviceError, SpecError, all_of, nearest
from epochal.training.checks import check
from epochal_testing import synthetic

BASE = synthetic.EXPERIMENT
FITS = FitsBy(epoch=10, mse_below=0.1)
EDGES = CentreBeforeEdges(epoch=9, centre=2, centre_below=0.1, edges=5, edges_above=0.2)
FIRST = EdgesBeforeCentre(epoch=9, centre=2, centre_above=0.2, edges=5, edges_below=0.1)


def message(make: Callable[[], object]) -> str:
    with pytest.raises(SpecError) as caught:
        make()
    return str(caught.value)


def with_net(**changes: Any) -> Experiment:
    return replace(BASE, net=MLP(widths=(4,), **changes))


def with_optimizer(name: str, **arguments: Any) -> Experiment:
    return replace(BASE, optimizer=Optimizer(name, **arguments))


def with_loss(name: str, **arguments: Any) -> Experiment:
    return replace(BASE, loop=Loop(loss=Loss(name, **arguments)))


TORCH = {
    "optimizer = 'SDG': torch.optim has no such class; did you mean 'SGD'?": (
        with_optimizer("SDG", lr=0.1)
    ),
    "optimizer = 'adamw': torch.optim has no such class; did you mean 'AdamW'?": (
        with_optimizer("adamw", lr=0.1)
    ),
    "optimizer.momentun = 0.9: SGD has no such argument; did you mean 'momentum'?": (
        with_optimizer("SGD", lr=0.1, momentun=0.9)
    ),
    "optimizer.weight_decay = nan: it must be finite; give a number": (
        with_optimizer("SGD", lr=0.1, weight_decay=float("nan"))
    ),
    "loop.loss = 'SmothL1Loss': torch.nn has no such class; did you mean 'SmoothL1Loss'?": (
        with_loss("SmothL1Loss")
    ),
    "loop.loss.bta = 1: SmoothL1Loss has no such argument; did you mean 'beta'?": (
        with_loss("SmoothL1Loss", bta=1)
    ),
    "loop.loss = 'CrossEntropyLoss()': it gives no value for each point; "
    "give Labels(…) as target": with_loss("CrossEntropyLoss"),
    "loop.loss = 'GaussianNLLLoss()': it gives no value for each point; "
    'give one such as Loss("SmoothL1Loss")': with_loss("GaussianNLLLoss"),
    "scheduler = 'StepLr': torch.optim.lr_scheduler has no such class; did you mean 'StepLR'?": (
        replace(BASE, scheduler=Scheduler("StepLr", step_size=3))
    ),
    "scheduler.T_maxx = 3: CosineAnnealingLR has no such argument; did you mean 'T_max'?": (
        replace(BASE, scheduler=Scheduler("CosineAnnealingLR", T_maxx=3))
    ),
    "net.activation = 'Rellu': torch.nn has no such class; did you mean 'ReLU'?": (
        with_net(activation=Activation("Rellu"))
    ),
    "net.activation.slope = 0.1: LeakyReLU has no such argument; did you mean 'negative_slope'?": (
        with_net(activation=Activation("LeakyReLU", slope=0.1))
    ),
    "net.weights = 'kaiming_normal': torch.nn.init has no such function; "
    "did you mean 'kaiming_normal_'?": with_net(weights=Initializer("kaiming_normal")),
    "net.biases = 'zeroes_': torch.nn.init has no such function; did you mean 'zeros_'?": (
        with_net(biases=Initializer("zeroes_"))
    ),
    "net.weights.b = 1: kaiming_normal_ has no such argument; did you mean 'a'?": (
        with_net(weights=Initializer("kaiming_normal_", b=1))
    ),
}


@pytest.mark.parametrize("text", TORCH)
def test_a_name_that_torch_does_not_have_is_answered_with_the_nearest(text: str) -> None:
    said = message(lambda: check(TORCH[text]))
    if "did you mean 'a'?" in text:  # one letter is near to nothing: a list is given
        text = text.split("; did you")[0]
        assert said.startswith(text)
        assert "choose one of a, " in said
    else:
        assert said == text


def test_what_torch_itself_refuses_is_told_in_its_own_words() -> None:
    said = message(lambda: check(with_optimizer("SGD", lr=0.1, momentum=-1.0)))
    assert said.startswith("optimizer = 'SGD(lr=0.1, momentum=-1.0)': torch refuses it (")
    assert "Invalid momentum value" in said
    said = message(lambda: check(with_net(biases=Initializer("kaiming_normal_"))))
    assert said.startswith("net.biases = 'kaiming_normal_()': torch refuses it (")


@pytest.mark.parametrize(
    ("scheduler", "why"),
    [
        (Scheduler("CosineAnnealingLR"), "T_max"),
        (Scheduler("StepLR"), "step_size"),
        (Scheduler("OneCycleLR", max_lr=0.1), "total_steps"),
    ],
)
def test_a_scheduler_without_its_number_is_refused(scheduler: Scheduler, why: str) -> None:
    said = message(lambda: check(replace(BASE, scheduler=scheduler)))
    assert said.startswith(f"scheduler = '{scheduler}': torch refuses it (")
    assert why in said
    assert "\n" not in said


@pytest.mark.parametrize("name", ["MSELoss", "L1Loss", "SmoothL1Loss", "HuberLoss"])
def test_torchs_own_elementwise_losses_pass(name: str) -> None:
    check(with_loss(name))
    check(with_loss(name, reduction="sum"))


@pytest.mark.parametrize("name", ["SGD", "Adam", "AdamW", "RMSprop", "LBFGS", "Adagrad"])
def test_torchs_own_optimizers_pass(name: str) -> None:
    check(with_optimizer(name, lr=0.1))


def test_a_net_of_the_claims_own_has_no_activation_to_check() -> None:
    check(replace(BASE, net=ModuleNet(factory=lambda: None, weights=3)))


EXACT: dict[str, Callable[[], object]] = {
    # settings
    "optimizer.lr = -0.1: it must be above 0; give a positive number": (
        lambda: with_optimizer("SGD", lr=-0.1)
    ),
    "optimizer.lr = 'fast': a finite number is needed; give one such as 1.5": (
        lambda: with_optimizer("SGD", lr="fast")
    ),
    "optimizer.name = '': a name is needed; give a string": lambda: Optimizer(""),
    "loop.batch = 101: there are only 100 points; give fewer, or None for the full batch": (
        lambda: replace(BASE, loop=Loop(batch=101))
    ),
    "loop.batch = 0: a whole number of at least 1 is needed; give 1 or more": (
        lambda: Loop(batch=0)
    ),
    'loss.reduction = \'none\': training needs one number; give "mean" or "sum"': (
        lambda: Loop(loss=Loss("L1Loss", reduction="none"))
    ),
    'loss.size_average = False: torch deprecates it; give reduction="mean" or reduction="sum"': (
        lambda: Loss("MSELoss", size_average=False)
    ),
    "scheduler = 'StepLR': Scheduler is needed, but this is a str; "
    'give one such as Scheduler("StepLR", step_size=100)': lambda: replace(
        BASE,
        scheduler="StepLR",  # type: ignore[arg-type]
    ),
    "loop.stop_below = 0: it must be above 0; give a positive number": (lambda: Loop(stop_below=0)),
    "loop.stop_below = 'early': a finite number is needed; give one such as 1.5": (
        lambda: Loop(stop_below="early")  # type: ignore[arg-type]
    ),
    "loop.loss = 'men': not one of half_sum, hinge, mean; did you mean 'mean'?": lambda: Loop(
        loss="men"
    ),
    "loop.zero_grad = 'befor': not one of after, before, never; did you mean 'before'?": (
        lambda: Loop(zero_grad="befor")
    ),
    "loop.train_mode = 'always': not one of every_epoch, never, once; "
    "choose one of every_epoch, never, once": lambda: Loop(train_mode="always"),
    "experiment.dtype = 'float23': not one of float32, float64; did you mean 'float32'?": (
        lambda: replace(BASE, dtype="float23")
    ),
    "experiment.probe = 100: the target makes 33.4 oscillations over the range, and 8 points are "
    "needed for each; give at least 268": lambda: replace(BASE, probe=100),
    "experiment.probe_inputs = '9 points on the circle, regular': it gives 2 features a point, "
    "and the net is trained on 1; give it an embedding with as many": (
        lambda: replace(BASE, probe_inputs=Circle(points=9))
    ),
    "net.widths = 0: a whole number of at least 1 is needed; give 1 or more": (
        lambda: MLP(widths=(8, 0))
    ),
    "net.weights = 0: a whole number of at least 1 is needed; give 1 or more": (
        lambda: ModuleNet(factory=lambda: None, weights=0)
    ),
    "inputs.high = -1.0: it must lie above low = 1.0; exchange them": (
        lambda: Line(low=1, high=-1, points=9)
    ),
    "inputs.high = 1.0: it must lie above low = 1.0; exchange them": (
        lambda: Line(low=1, high=1, points=9)
    ),
    "inputs.low = nan: a finite number is needed; give one such as 1.5": (
        lambda: Line(low=float("nan"), high=1, points=9)
    ),
    "inputs.points = 2.5: a whole number of at least 1 is needed; give 1 or more": (
        lambda: Line(low=0, high=1, points=2.5)  # type: ignore[arg-type]
    ),
    "inputs.draw = 'unifrom': not one of regular, uniform; did you mean 'uniform'?": (
        lambda: Circle(points=9, draw="unifrom")
    ),
    "embedding.kind = 'modulus': not one of angle, as_is, constant, modulo; "
    "did you mean 'modulo'?": lambda: Embedding("modulus"),
    "embedding.value = 0: it must be above 0; give a positive number": (
        lambda: Embedding("modulo", 0)
    ),
    "target.scale = 'unit': not one of as_is, unit_norm; did you mean 'unit_norm'?": (
        lambda: Sine(2, scale="unit")
    ),
    "wave.angular_frequency = -2: it must be above 0; give a positive number": lambda: Sine(-2),
    "target.waves = (): a sum has at least one wave; add one": lambda: SumOfSines(()),
    "target.waves = [4.0, 4.0]: two waves of one frequency cannot be distinguished by projection; "
    "merge them into one": lambda: SumOfSines((Wave(4), Wave(4, phase=1))),
    # rules
    "rule.epoch = -5: a whole number of at least 1 is needed; give 1 or more": (
        lambda: replace(FITS, epoch=-5)
    ),
    "rule.mse_below = 1e-15: no float32 loss can reach it; give 1e-14 or more": (
        lambda: replace(FITS, mse_below=1e-15)
    ),
    "rule.mse_below = 0: it must be above 0; give a positive number": (
        lambda: replace(FITS, mse_below=0)
    ),
    "rule.mse_above = 1e-20: no float32 loss can reach it; give 1e-14 or more": (
        lambda: StaysAbove(epoch=5, mse_above=1e-20)
    ),
    "rule.edges = 1: it must not be below centre = 2; raise it": lambda: replace(EDGES, edges=1),
    "rule.edges = 1.5: it must not be below centre = 2; raise it": (
        lambda: replace(FIRST, edges=1.5)
    ),
    "optimizer.groups = '*.bias': it changes no argument; "
    'give one such as groups=[Group("*.bias", weight_decay=0.0)]': (
        lambda: Optimizer("SGD", lr=0.1, groups=[Group("*.bias")])
    ),
    "optimizer.lr = 0: it must be above 0; give a positive number": (
        lambda: with_optimizer("SGD", lr=0.1, groups=[Group("*.bias", lr=0)])
    ),
    "loop.clip_norm = 0: it must be above 0; give a positive number": lambda: Loop(clip_norm=0),
    "loop.clip_value = inf: a finite number is needed; give one such as 1.5": (
        lambda: Loop(clip_value=math.inf)
    ),
    "rule.high = 1: it must exceed low = 2; exchange them": (
        lambda: EpochsRatio(over="a", under="b", mse_below=0.1, low=2, high=1, epoch=9)
    ),
    "rule.low = 2: it must be below high = 1; correct it": (
        lambda: MseRatioAt(epoch=9, over="a", under="b", low=2, high=1)
    ),
    "rule.under = 'a': a setting is divided by itself; name the other arm": (
        lambda: MseRatioAt(epoch=9, over="a", under="a", high=1)
    ),
    "rule.mse_below = None: one of mse_below and share_above is needed, and not both; "
    "give one such as 0.05": lambda: EpochsRatio(over="a", under="b", high=1, epoch=9),
    "rule.after = 9: it must come before epoch = 9; give less": (
        lambda: FitsBy(epoch=9, after=9, mse_below=0.1)
    ),
    "rule.on = 'prob': not one of probe, training; did you mean 'probe'?": (
        lambda: MseAt(epoch=9, variance_share_above=0.9, on="prob")
    ),
    "rule.variance_share_above = None: one of variance_share_above and variance_share_below is "
    "needed, and not both; give one such as 0.8": lambda: MseAt(epoch=9),
    "rule.times = 1: every error is as large as its own minimum; give more than 1": (
        lambda: LossRises(epoch=9, after=1, times=1)
    ),
    "rule.mse_above = 0.01: it must not lie under mse_below = 0.05; give more": (
        lambda: LosesFit(epoch=9, mse_below=0.05, mse_above=0.01)
    ),
    "rule.fits = (): no experiment is named; "
    'name experiments, such as fits=("deep",), fails=("shallow",)': (
        lambda: WhichFit(epoch=9, mse_below=0.1)
    ),
    "rule.cells = [1.0]: a row of a map has at least two cells; add cells to these rows": (
        lambda: EpochsMap(epoch=9, mse_below=0.1, cells=(Cell("a", 1, 1),))
    ),
    "rule.cells = ['a', 'a']: two cells have one place or one experiment; leave one out": (
        lambda: EpochsMap(epoch=9, mse_below=0.1, cells=(Cell("a", 1, 1), Cell("a", 2, 1)))
    ),
    "rule.fails = 'a': it is named twice; name it once": (
        lambda: WhichFit(epoch=9, mse_below=0.1, fits=("a", "b"), fails=("a",))
    ),
    "rule.looks = 4: from 5 looks to one an epoch, 9, are possible; give as many": (
        lambda: RadiusGrows(epoch=9, mse_below=0.1, ends_at=4, looks=4)
    ),
    "c.rule.ends_at = 8: the probe grid ends at 7.5; give less": (
        lambda: synthetic.claim(RadiusGrows(epoch=99, mse_below=0.1, ends_at=8))
    ),
    "rule.arms = (('a', 4.0),): a slope needs two frequencies; add one": (
        lambda: Exponent(arms=(("a", 4),), mse_below=0.1, low=1, high=2, epoch=9)
    ),
    "band.low = None: a condition has at least one bound; give low, or high, or both": lambda: Band(
        4
    ),
    # statistics
    "bounds.high = 0.2: it must exceed low = 0.2; raise it": lambda: Bounds(low=0.2, high=0.2),
    "bounds.alpha = 1: it must lie strictly between 0 and 1; give one such as 0.05": (
        lambda: Bounds(alpha=1)
    ),
    "bounds.max_seeds = 0: a whole number of at least 1 is needed; give 1 or more": (
        lambda: Bounds(max_seeds=0)
    ),
    "looks.seeds = (3, 8): one to three increasing numbers of seeds, none below 5, are allowed; "
    "give some such as (5, 8, 12)": lambda: Looks(seeds=(3, 8)),
    # claims
    "c.tier = 'ful': not one of full, quick, standard; did you mean 'full'?": (
        lambda: synthetic.claim(FITS, tier="ful")
    ),
    "c.expected = 'reproducd': not one of refuted, reproduced; did you mean 'reproduced'?": (
        lambda: synthetic.claim(FITS, expected="reproducd")
    ),
    "c.expected = 'undecided': not one of refuted, reproduced; choose one of refuted, reproduced": (
        lambda: synthetic.claim(FITS, expected="undecided")
    ),
    "c.expected = 'no': not one of refuted, reproduced; choose one of refuted, reproduced": (
        lambda: synthetic.claim(FITS, expected_on={"cuda": ("no", "because")})
    ),
    "c.reduced.tier = 'fast': not one of full, quick, standard; "
    "choose one of full, quick, standard": (
        lambda: synthetic.claim(FITS, reduced=Reduced(rule=FITS, why="w", tier="fast"))
    ),
    "c.reduced.expected = 'refute': not one of refuted, reproduced; did you mean 'refuted'?": (
        lambda: synthetic.claim(FITS, reduced=Reduced(rule=FITS, why="w", expected="refute"))
    ),
    "Up.id = 'Up': an id has lower-case letters, digits and hyphens; rename it": (
        lambda: synthetic.claim(FITS, id="Up")
    ),
    "c.says = ' ': a text is needed; write a sentence or a name in quotes": lambda: synthetic.claim(
        FITS, says=" "
    ),
    "c.rule = 'tanh': the claim's experiments are run; use one of these names in the rule": (
        lambda: synthetic.claim(replace(FITS, arm="tanh"), experiments=BASE)
    ),
    "c.control.rule = 'b': the claim's experiments are a, run; use one of these names in the "
    "rule": (
        lambda: synthetic.claim(
            FITS,
            experiments=BASE,
            control=Control(
                change="none",
                experiments={"a": BASE},
                rule=SameBits(epoch=9, first="a", second="b"),
            ),
        )
    ),
    "c.rule.angular_frequency = 5.0: the target has waves of 4, 14; name one of these": (
        lambda: synthetic.claim(ShareBy(epoch=9, angular_frequency=5, share_above=0.5))
    ),
    "c.rule.edges = 8: the probe grid ends at 7.5; give less": (
        lambda: synthetic.claim(replace(EDGES, edges=8))
    ),
}


@pytest.mark.parametrize("text", EXACT)
def test_a_mistake_is_told_at_construction_with_the_next_step(text: str) -> None:
    assert message(EXACT[text]) == text


VACUOUS: dict[str, Callable[[], object]] = {
    "band.high = 0.3: it must exceed low = 0.7; exchange them": lambda: Band(4, 0.7, 0.3),
    "rule.bands = (): without a band every seed holds; give at least one": (
        lambda: SharesAt(epoch=9, bands=())
    ),
    "rule.second = 'a': it is compared with itself; name the other arm": (
        lambda: SameBits(epoch=9, first="a", second="a")
    ),
    "rule.under = 'a': a setting is divided by itself; name the other arm": (
        lambda: EpochsRatio(over="a", under="a", mse_below=0.1, low=1, high=2, epoch=9)
    ),
    "rule.mse_above = -1: it must be above 0; give a positive number": (
        lambda: replace(EDGES, mse_above=-1)
    ),
    "c.rule.centre = 2: no probe point lies within it, the nearest at 3; give more": (
        lambda: synthetic.claim(
            EDGES, experiments=replace(BASE, inputs=Line(low=3, high=7, points=100))
        )
    ),
}


@pytest.mark.parametrize("text", VACUOUS)
def test_a_rule_that_no_run_or_every_run_would_pass_is_refused(text: str) -> None:
    assert message(VACUOUS[text]) == text


RULES: tuple[Callable[[int], object], ...] = (
    lambda epoch: FitsBy(epoch=epoch, mse_below=0.1),
    lambda epoch: StaysAbove(epoch=epoch, mse_above=0.1),
    lambda epoch: AnyOfSeeds(of=FitsBy(epoch=epoch, mse_below=0.1)),
    lambda epoch: ShareOfSeeds(of=FitsBy(epoch=epoch, mse_below=0.1), high=0.5),
    lambda epoch: ErrorRateBy(epoch=epoch, below=0.1),
    lambda epoch: ErrorRateAt(epoch=epoch, above=0.1),
    lambda epoch: MseAt(epoch=epoch, variance_share_above=0.9),
    lambda epoch: replace(EDGES, epoch=epoch),
    lambda epoch: replace(FIRST, epoch=epoch),
    lambda epoch: IsAffine(epoch=epoch),
    lambda epoch: SharesAt(epoch=epoch, bands=(Band(4, 0.5),)),
    lambda epoch: ShareBy(epoch=epoch, angular_frequency=4, share_above=0.9),
    lambda epoch: LowBeforeHigh(epoch=epoch, low=4, high=14),
    lambda epoch: MseRatioAt(epoch=epoch, over="a", under="b", high=0.5),
    lambda epoch: SameBits(epoch=epoch, first="a", second="b"),
    lambda epoch: EpochsRatio(over="a", under="b", mse_below=0.1, low=1, high=2, epoch=epoch),
    lambda epoch: ShareRatioAt(epoch=epoch, over="a", under="b", high=2),
    lambda epoch: SameLosses(epoch=epoch, first="a", second="b", within=0.1),
    lambda epoch: WhichFit(epoch=epoch, mse_below=0.1, fits=("a",)),
    lambda epoch: EpochsMap(epoch=epoch, mse_below=0.1, cells=(Cell("a", 1, 1), Cell("b", 2, 1))),
    lambda epoch: LossRises(epoch=epoch, after=0, times=2),
    lambda epoch: RisesAtMost(epoch=epoch, after=0, times=2),
    lambda epoch: LosesFit(epoch=epoch, mse_below=0.1, mse_above=0.2),
    lambda epoch: RadiusGrows(epoch=epoch, mse_below=0.1, ends_at=4, looks=5),
    lambda epoch: MaxErrorAt(epoch=epoch, below=0.1),
    lambda epoch: ProbeAgrees(epoch=epoch, low=0.5, high=2),
    lambda epoch: Exponent(arms=(("a", 4), ("b", 14)), mse_below=0.1, low=1, high=2, epoch=epoch),
)


@pytest.mark.parametrize("epoch", [-1, 0, 2.5, True])
def test_no_rule_takes_an_epoch_that_training_cannot_reach(epoch: Any) -> None:
    for make in RULES:
        assert message(partial(make, epoch)).startswith(f"rule.epoch = {epoch!r}: ")


def test_that_list_of_rules_is_complete() -> None:
    made = {type(make(9)).__name__ for make in RULES}
    assert made == {name for name in epochal.__all__ if hasattr(getattr(epochal, name), "needs")}


def test_the_probe_that_the_error_asks_for_is_enough() -> None:
    assert replace(BASE, probe=268).probe == 268
    assert replace(BASE, target=Sine(2), probe=39).probe == 39
    assert "give at least 39" in message(lambda: replace(BASE, target=Sine(2), probe=38))


def test_a_far_name_is_answered_with_a_choice_of_at_most_twelve() -> None:
    names = [f"n{index:02}" for index in range(20)]
    assert nearest("zzzz", names) == f"choose one of {', '.join(names[:12])} …"


def test_an_error_keeps_its_four_parts_and_its_kind_under_an_owner() -> None:
    error = DeviceError("--device", "gpu", "no such device", "choose one of cpu").under("run")
    assert isinstance(error, DeviceError)
    assert isinstance(error, ValueError)
    assert (error.field, error.value) == ("run.--device", "gpu")
    assert (error.rule, error.next_step) == ("no such device", "choose one of cpu")


def test_what_is_refused_twice_is_told_once() -> None:
    one, again, other = (SpecError("net", value, "it is odd", "mend it") for value in (1, 1, 2))
    assert str(all_of([one, again])) == str(one)
    assert str(all_of([one, again, other])).splitlines() == [str(one), str(other)]


def test_records_cannot_be_changed_after_their_check() -> None:
    with pytest.raises(AttributeError):
        BASE.probe = 3  # type: ignore[misc]
    with pytest.raises(AttributeError):
        BASE.optimizer.name = "Adam"  # type: ignore[misc]
