"""The page to explore: one file that works offline, a small page and a card for each claim."""
