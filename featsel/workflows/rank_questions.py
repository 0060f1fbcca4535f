"""What else than the order of the fields does a user ask, and who answers?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from featsel.core.errors import ConfigError
from featsel.ranking.scores import Score, Strategy
from featsel.workflows.rank import Question
from featsel.workflows.rank_comparison import compare_with, saved_ranking
from featsel.workflows.rank_domains import look_by_domain
from featsel.workflows.rank_forward import look_forward
from featsel.workflows.rank_interactions import interactions
from featsel.workflows.rank_redundancy import find_redundancy
from featsel.workflows.rank_sample import sample_intervals
from featsel.workflows.rank_stability import rank_halves
from featsel.workflows.request import LogRequest


@dataclass(frozen=True)
class Asked:
    """Options of a ranking beyond the scores; None where something is not asked.

    Parameters
    ----------
    by : str, optional
        Field whose values are domains.
    has_redundancy : bool
        Whether pairs of fields are compared.
    strategy : Strategy, optional
        With redundancy: how fields are chosen one after the other.
    interactions : int, optional
        How many pairs that tell more together.
    stability : int, optional
        How many random halves are ranked too.
    compare : Path, optional
        A saved ranking.
    """

    by: str | None = None
    has_redundancy: bool = False
    strategy: Strategy | None = None
    interactions: int | None = None
    stability: int | None = None
    compare: Path | None = None

    def as_options(self) -> Mapping[str, object]:
        """Options as they stand in the document."""
        return {
            "by": self.by,
            "redundancy": self.has_redundancy,
            "strategy": self._strategy if self.has_redundancy else None,
            "interactions": self.interactions,
            "stability": self.stability,
            "compare": None if self.compare is None else str(self.compare),
        }

    def questions(self, request: LogRequest, score: Score) -> tuple[Question, ...]:
        """Who answers, in the order in which answers are shown.

        Parameters
        ----------
        request : LogRequest
            The log: a time asks what lasts, a sample how far it may be off.
        score : Score
            What orders the fields.

        Returns
        -------
        tuple of callable
            Nothing is read before they are called, but the saved ranking.

        Raises
        ------
        ConfigError, DataError
            Options contradict each other, or the saved ranking is none.
        """
        if self.strategy is not None and not self.has_redundancy:
            raise ConfigError(
                f"--strategy {self.strategy} orders fields by what --redundancy finds", "Add --redundancy."
            )
        if self.stability is not None and score is Score.FORWARD:
            raise ConfigError(
                "--stability ranks halves of the log, and --score forward needs all of it in order",
                "Choose another --score for one of the two.",
            )
        asked: list[Question] = []
        if request.time is not None:
            asked.append(partial(look_forward, orders=score is Score.FORWARD))
        if self.by is not None:
            asked.append(partial(look_by_domain, by=self.by))
        if self.has_redundancy:
            asked.append(partial(find_redundancy, strategy=self._strategy))
        if self.interactions is not None:
            asked.append(partial(interactions, top=self.interactions))
        if request.sample is not None:
            asked.append(sample_intervals)
        if self.stability is not None:
            asked.append(partial(rank_halves, n_resamples=self.stability))
        if self.compare is not None:
            asked.append(partial(compare_with, path=self.compare, saved=saved_ranking(self.compare)))
        return tuple(asked)

    @property
    def _strategy(self) -> Strategy:
        return self.strategy or Strategy.MRMR
