"""The paper that these claims are from."""

from epochal import Panel, Sentence, Source

BASRI_2019 = Source(
    key="basri_2019",
    title="The Convergence Rate of Neural Networks for Learned Functions of Different Frequencies",
    authors="Basri, Jacobs, Kasten, Kritchman",
    year=2019,
    url="https://arxiv.org/abs/1906.00425v3",
    story=(
        "The paper computes the eigenvalues of a wide net's tangent kernel on the circle and on "
        "spheres. It concludes that the time in which gradient descent learns a sine of wavenumber "
        "k grows like k². Its Figure 2 shows a net that learns the sum of two sines: the slow one "
        "after 50 epochs, the fast one only after tens of thousands. The forum thread argues about "
        "this figure."
    ),
    panels=(
        Panel(
            title="The printed eigenvalues without bias are twice the true ones from k = 1 on",
            claims=(("", "b19-eig-factor2"),),
        ),
        Panel(
            title="Without bias: epochs until a sine is fitted; odd k from 3 on never are",
            claims=(("", "b19-slope-nobias-k2"),),
        ),
        Panel(
            title="With a bias, above the edge of stability: far slower than linear dynamics",
            claims=(("", "b19-slope-bias-k2"),),
        ),
        Panel(
            title="k = 4 with a bias: with the paper's step the loss first explodes",
            claims=(
                ("the paper's step, 0.01", "b19-bias-catapult"),
                ("a step of 0.004", "b19-bias-catapult-gone"),
            ),
        ),
        Panel(
            title="Figure 2: the net learns the slow sine long before the fast one",
            claims=(("", "b19-fig2-ordering"),),
        ),
        Panel(
            title="Where points are missing, the net continues the sine for even wavenumbers",
            claims=(("", "b19-fig1-gap"),),
            shows="fit",
        ),
    ),
    films=("b19-fig2-22452", "b19-fig1-gap", "b19-fig1-gap-parity"),
    highlights=(
        Sentence(
            by="b19-eig-factor2",
            refuted="Each eigenvalue that the paper prints is twice the true one.",
        ),
        Sentence(
            by="b19-bias-catapult",
            reproduced=(
                "The paper's wide net starts above the edge of stability: its loss first rises "
                "{b19-bias-catapult: min largest rise}-fold or more, and then falls."
            ),
        ),
    ),
    bibtex="""@inproceedings{basri2019convergence,
  title     = {The Convergence Rate of Neural Networks for Learned Functions
               of Different Frequencies},
  author    = {Basri, Ronen and Jacobs, David and Kasten, Yoni and Kritchman, Shira},
  booktitle = {Advances in Neural Information Processing Systems},
  volume    = {32},
  year      = {2019}
}""",
)
