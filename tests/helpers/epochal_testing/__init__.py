"""What the tests share: synthetic runs, tiny claims, and real sessions over them."""
