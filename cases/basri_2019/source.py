"""The paper that these claims are from."""

from epochal import Source

BASRI_2019 = Source(
    key="basri_2019",
    title="The Convergence Rate of Neural Networks for Learned Functions of Different Frequencies",
    authors="Basri, Jacobs, Kasten, Kritchman",
    year=2019,
    url="https://arxiv.org/abs/1906.00425v3",
    story=(
        "The paper computes the eigenvalues of a wide net's tangent kernel on the circle and on "
        "spheres, and concludes that gradient descent learns a sine of wavenumber k in time that "
        "grows like k² there. Its Figure 2 shows a net that learns the sum of two sines: the slow "
        "one is there after 50 epochs, the fast one only after tens of thousands. That figure is "
        "what the forum thread argues about."
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
