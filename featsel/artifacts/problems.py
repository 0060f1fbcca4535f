"""How is everything wrong with a document told at once?"""

from __future__ import annotations

from collections.abc import Sequence

from featsel.artifacts.nodes import MAX_PROBLEMS, Problem


def told(title: str, problems: Sequence[Problem]) -> str:
    """Clause that names every problem of a document.

    Parameters
    ----------
    title : str
        What the document is called.
    problems : sequence of Problem
        One or more.

    Returns
    -------
    str
        One line for one problem; else a line each, below how many there are.

    Examples
    --------
    >>> told("rules file 'a.toml'", [Problem("select", None, "3, expected a list")])
    "rules file 'a.toml', select: 3, expected a list"
    """
    if len(problems) == 1:
        problem = problems[0]
        has_place = problem.line is not None or problem.path
        return f"{title}{', ' if has_place else ': '}{problem}"
    ordered = sorted(problems, key=lambda problem: problem.line or 0)
    more = " or more" if len(problems) >= MAX_PROBLEMS else ""
    lines = "".join(f"\n  {problem}" for problem in ordered)
    return f"{title} has {len(problems)}{more} problems:{lines}"
