"""人单匹配: who gets which task.

Filters first (`filters`: may this person do it at all?), then an additive score (`score`: how well?), then a round that pairs tasks and
people (`rounds`). Filters never trade against points.
"""
