"""The laboratory: what measures epochal itself. It imports epochal, and is never imported by it.

``python -m lab --help`` lists its commands; README.md says what each is for.
"""
