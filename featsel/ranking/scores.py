"""What does a ranking say of each field?"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from featsel.core.schema import FieldKind


class Verdict(StrEnum):
    """What a field is good for."""

    INFORMATIVE = "informative"
    NOISE = "noise"
    CONSTANT = "constant"
    IDENTIFIER = "identifier"
    LEAK = "leak"


class Method(StrEnum):
    """How a ranking comes about."""

    INFORMATION = "information"
    QUICKSELECTION = "quickselection"


class Score(StrEnum):
    """What can order a ranking; ``FORWARD`` needs the times of the rows, all others their counts alone."""

    CORRECTED = "corrected"
    USABLE = "usable"
    Z = "z"
    MI = "mi"
    AMI = "ami"
    OUTRANK = "outrank"
    FORWARD = "forward"


class Strategy(StrEnum):
    """What a field is to add to those that were chosen before it."""

    MRMR = "mrmr"
    JMI = "jmi"
    THREE_MR = "3mr"


@dataclass(frozen=True)
class FieldScore:
    """The scores of one field.

    Parameters
    ----------
    name : str
        Name of the field.
    kind : FieldKind
        How its values were read.
    rank : int
        Place in the list, from 1.
    score : float
        The number that ordered the list.
    cardinality : int
        Distinct values, null included; for a numeric field before binning.
    coverage : float
        Share of rows that are not null, from 0 to 1.
    mutual_information : float
        Plug-in mutual information with the label, nats.
    expected_mutual_information : float
        What a field of the same counts would show if it were independent of the label, nats: its noise floor.
    corrected_mutual_information : float
        Mutual information minus its expectation, nats; negative for half of all noise.
    relative_information : float
        Corrected mutual information over the label entropy that is left to explain.
    z : float
        Corrected mutual information in standard deviations of independence.
    p_value : float
        Probability of as much mutual information under independence.
    q_value : float
        Benjamini-Hochberg adjusted p-value over all fields.
    usable_information : float
        Held-out log-loss gain of the field's own smoothed click-rate table, nats a row.
    verdict : Verdict
        What the field is good for.
    reason : str
        Why that verdict, in a few words.
    score_se : float or None
        Standard error of the score, over logs of as many rows of the same kind; None for scores without one.
    corrected_mutual_information_se, usable_information_se : float
        The same of either amount, nats.
    """

    name: str
    kind: FieldKind
    rank: int
    score: float
    cardinality: int
    coverage: float
    mutual_information: float
    expected_mutual_information: float
    corrected_mutual_information: float
    relative_information: float
    z: float
    p_value: float
    q_value: float
    usable_information: float
    verdict: Verdict
    reason: str
    score_se: float | None
    corrected_mutual_information_se: float
    usable_information_se: float


@dataclass(frozen=True)
class Ranking:
    """Fields in order, best first.

    Parameters
    ----------
    fields : tuple of FieldScore
        One entry per field.
    score : Score
        What ordered them.
    n_rows : int
        Rows that were counted.
    positive_rate : float
        Share of rows (of their weight) with a positive label.
    label_entropy : float
        Entropy of the label, nats.
    """

    fields: tuple[FieldScore, ...]
    score: Score
    n_rows: int
    positive_rate: float
    label_entropy: float
