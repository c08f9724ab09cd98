"""What may be asked and what is answered, declared once: the page, its server, scripts and agents read the same lines.

:class:`~lzviz.contract.state.State` is everything that a page shows and a link holds. ``python -m lzviz.contract`` writes what
JavaScript reads of it.
"""
