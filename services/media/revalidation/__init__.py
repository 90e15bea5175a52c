"""Judging again what was judged before: after a rule, a library or the scanner's signatures have changed.

A verdict is never turned over by itself: what was refused and fits now is accepted, what was accepted and does not fit
any more is doubted, which people look at (docs/adr/0026).
"""
