"""What becomes of damage to the files: found, harmless, or served as if it were the truth.

`country` makes a small real data directory; `kinds` are the ways to spoil it; `truth` is what the sound one says, and the judge of what a
spoiled one says; `trials` runs them. ``python -m actors.testing.damage`` (for load testers ``python -m loadtests.chaos.damage``) counts.
"""
