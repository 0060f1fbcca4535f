"""How does a scikit-learn pipeline keep the columns that tell of its label?

The words are scikit-learn's here: what featsel calls a field, a column, is a feature to scikit-learn.
"""
# scikit-learn has no types
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

from __future__ import annotations

import glob
import warnings
from collections.abc import Sequence
from typing import Any, Self

import numpy as np
import polars as pl
from numpy.typing import ArrayLike, NDArray
from sklearn import __version__ as sklearn_version
from sklearn.base import BaseEstimator
from sklearn.feature_selection import SelectorMixin
from sklearn.utils import ClassifierTags, Tags, check_consistent_length
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, column_or_1d
from sklearn.utils.validation import validate_data as validate

from featsel.api import rank
from featsel.core.cores import available_cores
from featsel.core.errors import FeatselError
from featsel.ranking.scores import Verdict
from featsel.workflows.frames import array_column, check_names, is_pandas_frame, read_frame

validate_data: Any = validate
"""Its defaults would be taken for the types of its parameters."""

SHOWN_VALUES = 6
"""Label values that a message lists."""

RULED_OUT = frozenset({Verdict.CONSTANT, Verdict.IDENTIFIER})
"""What no model can learn from, however many columns are asked for."""


class InformationSelector(SelectorMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn has no types
    """Keep the columns that tell of a binary label more than chance would.

    Columns are scored by :func:`featsel.rank`: by their information on the label, corrected for what chance
    alone shows at their cardinality. Text, categories and missing values are scored as they are, without an
    encoder before. Numbers with many values are cut into quantile bins; ids that are integers are taken for
    categories, by their names and values.

    Parameters
    ----------
    k : int, optional
        Keep the first ``k`` of the ranking, noise too where there are no better ones. Constants and row
        identifiers are never among them.
    threshold : float, optional
        Keep columns whose score is at least this, noise too. Where neither ``k`` nor ``threshold`` is given,
        the columns are kept whose verdict is informative; where both are, those that meet both.
    criterion : {"usable", "corrected", "z", "mi", "ami", "outrank"}
        The score that orders the columns, see :func:`featsel.rank`.
    keep_leaks : bool
        Whether columns that look as if they were written after the label was known may be kept. An honest
        column that explains most of the label looks like that too.
    bins : int
        Quantile bins of a numeric column.
    min_count : int
        Values with fewer rows are pooled into one.
    categorical, numeric : "auto", or sequence of str, int or bool
        Columns that are categories, and columns that are quantities: their names, their places, or a mask.
        The kind of the others is inferred.
    seed : int
        Of the random tables of ``criterion="outrank"``.
    n_jobs : int, optional
        Threads that count: 1 where absent, all cores where negative. Polars has threads of its own.

    Attributes
    ----------
    ranking_ : polars.DataFrame
        What :func:`featsel.rank` says of the columns, best first.
    scores_ : ndarray of float64, shape (n_features_in_,)
        Score of each column of ``X``; NaN where its type cannot be ranked.
    support_ : ndarray of bool, shape (n_features_in_,)
        Which columns are kept.
    classes_ : ndarray, shape (2,)
        The two label values; the second one counts as positive.
    n_features_in_ : int
        Columns seen by :meth:`fit`.
    feature_names_in_ : ndarray of str, shape (n_features_in_,)
        Their names, if all are text.

    Notes
    -----
    The label has two values; there is no ranking against more. A frame stays a frame of its own kind unless
    ``set_output`` says otherwise, anything else becomes an array.

    Examples
    --------
    >>> import numpy as np
    >>> from featsel.sklearn import InformationSelector
    >>> rng = np.random.default_rng(0)
    >>> y = rng.integers(0, 2, 500)
    >>> X = np.column_stack([rng.normal(size=500), y + rng.normal(size=500), rng.normal(size=500)])
    >>> InformationSelector().fit(X, y).get_feature_names_out().tolist()
    ['x1']
    """

    ranking_: pl.DataFrame
    scores_: NDArray[np.float64]
    support_: NDArray[np.bool_]
    classes_: NDArray[Any]
    n_features_in_: int

    def __init__(  # noqa: PLR0913 - parameters of an estimator
        self,
        k: int | None = None,
        *,
        threshold: float | None = None,
        criterion: str = "usable",
        keep_leaks: bool = False,
        bins: int = 32,
        min_count: int = 1,
        categorical: str | Sequence[str | int | bool] = "auto",
        numeric: str | Sequence[str | int | bool] = "auto",
        seed: int = 0,
        n_jobs: int | None = None,
    ) -> None:
        self.k = k
        self.threshold = threshold
        self.criterion = criterion
        self.keep_leaks = keep_leaks
        self.bins = bins
        self.min_count = min_count
        self.categorical = categorical
        self.numeric = numeric
        self.seed = seed
        self.n_jobs = n_jobs

    def fit(self, X: Any, y: ArrayLike, sample_weight: ArrayLike | None = None) -> Self:  # noqa: ANN401 - any table
        """Rank the columns of ``X`` and choose among them.

        Parameters
        ----------
        X : DataFrame or array-like, shape (n_samples, n_features)
            A frame of polars or pandas, or an array of numbers, text or objects.
        y : array-like, shape (n_samples,)
            Two values of any kind.
        sample_weight : array-like of float, shape (n_samples,), optional
            A row of weight *w* counts as *w* equal rows.

        Returns
        -------
        InformationSelector
            Itself.

        Raises
        ------
        ValueError
            A parameter or the data is wrong, or ``y`` has not two values.
        """
        if self.k is not None and self.k < 1:
            raise ValueError(f"k is {self.k!r}; give a number of columns, 1 or more, or None")
        try:
            columns = self._read(X, y)
            labels = self._read_labels(columns, y)
            self.ranking_ = self._rank(columns, labels, sample_weight)
        except FeatselError as error:
            hint = "" if error.hint is None else f"; {error.hint}"
            raise ValueError(f"{error.message}{hint}") from error
        places = [columns.columns.index(name) for name in self.ranking_["name"]]
        self.scores_ = np.full(columns.width, np.nan)
        self.scores_[places] = self.ranking_["score"].to_numpy()
        self.support_ = np.zeros(columns.width, np.bool_)
        self.support_[np.array(places)[self._is_kept()]] = True
        return self

    def transform(self, X: Any) -> Any:  # noqa: ANN401 - any table
        """Keep the chosen columns.

        Parameters
        ----------
        X : DataFrame or array-like, shape (n_samples, n_features)
            With the columns that :meth:`fit` saw, in their order.

        Returns
        -------
        DataFrame or ndarray, shape (n_samples, n_kept)
            A frame of the same kind, or an array.
        """
        check_is_fitted(self)
        is_frame = _is_frame(X)
        table = validate_data(
            self, X, dtype=None, ensure_all_finite=False, skip_check_array=is_frame, reset=False
        )
        if not self.support_.any():
            warnings.warn("no column is kept: none tells of the label more than chance", stacklevel=2)
        places = np.flatnonzero(self.support_)
        return table.iloc[:, places] if is_pandas_frame(table) else table[:, places]

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.target_tags.required = True
        tags.classifier_tags = ClassifierTags(multi_class=False)
        tags.input_tags.allow_nan = True
        tags.input_tags.string = True
        tags.input_tags.categorical = True
        return tags

    def _get_support_mask(self) -> NDArray[np.bool_]:  # pyright: ignore[reportIncompatibleMethodOverride]
        # scikit-learn's abstract method seems to give None
        check_is_fitted(self)
        return self.support_

    def _read(self, X: Any, y: ArrayLike) -> pl.DataFrame:  # noqa: ANN401 - any table
        """Columns by name; those without one are called as scikit-learn calls them."""
        if _is_frame(X):
            check_names([str(name) for name in X.columns])
            validate_data(self, X, y, skip_check_array=True)
            if isinstance(X, pl.DataFrame) and not hasattr(self, "feature_names_in_"):
                raise ValueError(
                    f"scikit-learn {sklearn_version} does not see the column names of polars frames; "
                    "upgrade it to 1.9 or later, or give a pandas frame"
                )
            frame = read_frame(X)
            return frame.rename(dict(zip(frame.columns, self._names(), strict=True)))
        # numbers beside text in a list would all become text
        is_array = hasattr(X, "dtype") or hasattr(X, "__array__")
        table, _ = validate_data(
            self,
            X if is_array else np.asarray(X, object),
            y,
            dtype=None,
            ensure_all_finite=False,
            ensure_min_samples=2,
        )
        return pl.DataFrame([array_column(name, table[:, place]) for place, name in enumerate(self._names())])

    def _names(self) -> list[str]:
        named = getattr(self, "feature_names_in_", None)
        return [f"x{place}" for place in range(self.n_features_in_)] if named is None else list(named)

    def _read_labels(self, columns: pl.DataFrame, y: ArrayLike) -> NDArray[np.bool_]:
        """Whether each row is positive."""
        labels: NDArray[Any] = column_or_1d(y, warn=True)
        check_consistent_length(columns, labels)
        known = array_column("y", labels)
        if known.null_count() or (known.dtype.is_float() and known.is_nan().any()):
            raise ValueError("y holds missing values; drop the rows without a label")
        check_classification_targets(labels)
        self.classes_ = np.unique(labels)
        if self.classes_.size != 2:
            more = ", …" if self.classes_.size > SHOWN_VALUES else ""
            shown = ", ".join(repr(value) for value in self.classes_[:SHOWN_VALUES].tolist())
            raise ValueError(
                f"y must have two values, but it has {self.classes_.size}: {shown}{more}. Columns are ranked "
                "against a binary label; make one of it, such as y == value"
            )
        return np.asarray(labels == self.classes_[1], np.bool_)

    def _rank(
        self, columns: pl.DataFrame, labels: NDArray[np.bool_], sample_weight: ArrayLike | None
    ) -> pl.DataFrame:
        label, weight = _free_name("y", columns), _free_name("sample_weight", columns)
        roles = [pl.Series(label, labels)]
        if sample_weight is not None:
            weights = np.asarray(sample_weight, np.float64)
            if weights.shape != labels.shape:
                raise ValueError(f"sample_weight has the shape {weights.shape}, y has {labels.shape}")
            if not weights.any():
                raise ValueError("all sample weights are zero")
            roles.append(pl.Series(weight, weights))
        n_jobs = 1 if self.n_jobs is None else self.n_jobs
        return rank(
            columns.with_columns(roles),
            label,
            score=self.criterion,
            bins=self.bins,
            min_count=self.min_count,
            categorical=self._patterns("categorical", columns.columns),
            numeric=self._patterns("numeric", columns.columns),
            weight=None if sample_weight is None else weight,
            seed=self.seed,
            threads=available_cores() if n_jobs < 0 else n_jobs,
        )

    def _patterns(self, parameter: str, names: Sequence[str]) -> tuple[str, ...]:
        """Patterns that match the columns which a parameter names, and no other ones."""
        given = getattr(self, parameter)
        if isinstance(given, str):
            if given != "auto":
                raise ValueError(f"{parameter} is {given!r}; give 'auto', or a list of columns")
            return ()
        chosen = np.asarray(given)
        if chosen.dtype.kind == "b" and chosen.shape != (len(names),):
            raise ValueError(f"{parameter} is a mask of {chosen.size} columns, but X has {len(names)}")
        for column in chosen.tolist() if chosen.dtype.kind != "b" else ():
            is_known = column in names if isinstance(column, str) else -len(names) <= column < len(names)
            if not is_known:
                raise ValueError(f"{parameter} names column {column!r}, which X does not have")
        if chosen.dtype.kind in "bi":
            chosen = np.array(names, object)[chosen]
        return tuple(glob.escape(name) for name in chosen.tolist())

    def _is_kept(self) -> NDArray[np.bool_]:
        """Which columns of the ranking are kept."""
        verdict = self.ranking_["verdict"]
        ruled_out = [*RULED_OUT, *([] if self.keep_leaks else [Verdict.LEAK])]
        if self.k is None and self.threshold is None:
            ruled_out.append(Verdict.NOISE)
        is_kept = ~verdict.is_in([str(each) for each in ruled_out]).to_numpy()
        if self.threshold is not None:
            is_kept &= self.ranking_["score"].to_numpy() >= self.threshold
        if self.k is not None:
            is_kept &= np.cumsum(is_kept) <= self.k
        return is_kept


def _is_frame(table: object) -> bool:
    return isinstance(table, pl.DataFrame) or is_pandas_frame(table)


def _free_name(name: str, columns: pl.DataFrame) -> str:
    """Name, with underscores as long as a column has it."""
    while name in columns.columns:
        name += "_"
    return name
