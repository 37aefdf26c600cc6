"""Symptoms that a setting shows before it is trained, one row each."""

from epochal.diagnosis import checks
from epochal.diagnosis.before import Before
from epochal.diagnosis.symptom import Symptom

__all__ = ["STATIC"]

STATIC: tuple[Symptom[Before], ...] = (
    Symptom(
        "constant-target",
        checks.constant_target,
        "The target is {value} at every point: there is nothing to learn.",
        "arithmetic",
    ),
    Symptom(
        "output-range",
        checks.output_range,
        "The {activation} after the output gives {range}, and {share} of the targets lie outside. "
        "No weights get the error below {floor}.",
        "arithmetic",
        ("no-output-activation",),
    ),
    Symptom(
        "no-activation",
        checks.no_activation,
        "There is no activation between the layers, so the net is {shape} however many layers it "
        "has. The best one has an error of {floor}.",
        "arithmetic",
        ("relu", "tanh"),
    ),
    Symptom(
        "parity",
        checks.parity,
        "Without biases in the hidden layers {net} is {shape}. The best one has an error of "
        "{floor}.",
        "symmetry of the activation; on the circle see Basri et al. 2019, arXiv 1906.00425",
        ("biases",),
    ),
    Symptom(
        "equal-units",
        checks.equal_units,
        "All weights start as torch's {start} makes them, so that the units of a layer are equal "
        "and stay equal: the layer works as one unit.",
        "arithmetic",
        ("default-start",),
    ),
    Symptom(
        "few-pieces",
        checks.few_pieces,
        "The target rises and falls {runs} times, and the net has about {pieces} straight pieces "
        "at the start.",
        "Hanin and Rolnick 2019, arXiv 1901.09021",
        ("width-4", "width-2", "depth-2"),
    ),
    Symptom(
        "narrow-layer",
        checks.narrow,
        "Hidden layer {layer} is one ReLU unit. On one side of a point it gives 0, and all that "
        "follows is constant there.",
        "arithmetic",
        ("wide", "tanh"),
    ),
    Symptom(
        "input-scale",
        checks.input_scale,
        "The inputs run from {low} to {high}, with a standard deviation of {deviation}. Torch's "
        "start is made for inputs of about unit size.",
        "LeCun et al. 1998, Efficient BackProp",
        ("standardised-inputs",),
    ),
    Symptom(
        "target-scale",
        checks.target_scale,
        "The targets run from {low} to {high}, with a standard deviation of {deviation}. The "
        "untrained net gives numbers of about unit size.",
        "LeCun et al. 1998, Efficient BackProp",
        ("standardised-target",),
    ),
    Symptom(
        "fast-target",
        checks.fast,
        "The target makes {oscillations} oscillations over the range: on standardised inputs u it "
        "is about sin({frequency}·u). Nets that are given coordinates learn slow waves first.",
        "Rahaman et al. 2019, arXiv 1806.08734",
        ("fourier-features", "sine"),
    ),
    Symptom(
        "beyond-range",
        checks.beyond_range,
        "The net is asked about {from} to {to}, and trained on {low} to {high}. Beyond its data a "
        "ReLU net goes straight on, and a tanh net becomes constant.",
        "Ziyin et al. 2020, arXiv 2006.08195",
        ("snake",),
    ),
    Symptom(
        "below-noise",
        checks.below_noise,
        "The noise of the targets has a variance of {noise}, and a fit means {goal}. A training "
        "loss below that variance has learned the noise; errors here are against the target "
        "without it, where it is known.",
        "arithmetic",
    ),
    Symptom(
        "large-batch",
        checks.large_batch,
        "A batch of {batch} holds all {points} points: an epoch is one update.",
        "arithmetic",
        ("batches",),
    ),
    Symptom(
        "summed-gradients",
        checks.summed_gradients,
        "Gradients are never set to zero, so that each update takes all gradients so far.",
        "torch's documentation of zero_grad",
        ("zero-grad",),
    ),
    Symptom(
        "dropout",
        checks.dropout,
        "Dropout leaves out {share} of the units at random, and the targets have no noise that "
        "could be learned by heart.",
        "ours",
        ("no-dropout",),
    ),
)
"""In the order in which they are told."""
