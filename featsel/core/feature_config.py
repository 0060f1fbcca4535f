"""What does a feature config say?

The feature config is the artifact that everything agrees on: which fields a model reads, how the values of
each become features, and how wide the embedding of a feature is. Kept values stand beside it, see
:mod:`featsel.artifacts.feature_configs`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

FEATURES_SCHEMA = "featsel.features/1"
"""Version of the config that this featsel writes."""

OUT_OF_VOCABULARY = 0
"""Code of whatever has no feature of its own: a value that was dropped, or was never seen in training."""


class EncodedKind(StrEnum):
    """What a field of a config is made of."""

    CATEGORICAL = "categorical"
    NUMERIC = "numeric"
    MULTIVALUED = "multivalued"
    CROSS = "cross"


class Encoding(StrEnum):
    """How values become codes."""

    VOCABULARY = "vocabulary"
    HASH = "hash"
    QUANTILE = "quantile"
    LOG2 = "log2"
    STANDARD = "standard"


class Method(StrEnum):
    """How features are chosen."""

    DELETION = "deletion"
    OPTFS = "optfs"
    INFORMATION = "information"
    CHI2 = "chi2"
    FREQUENCY = "frequency"
    MRMR = "mrmr"
    LASSO = "lasso"
    GBDT = "gbdt"
    PERMUTATION = "permutation"
    SHARK = "shark"
    SFS = "sfs"
    AUTOFIELD = "autofield"
    ADAFS = "adafs"
    MVFS = "mvfs"
    LPFS = "lpfs"
    VDROP = "vdrop"
    RANDOM = "random"
    ALL = "all"


class Dims(StrEnum):
    """How the widths of embeddings are chosen: one for all fields, or one for each."""

    FIXED = "fixed"
    PCA = "pca"
    OPTEMBED = "optembed"


class Pooling(StrEnum):
    """How the embeddings of a multi-valued field become one."""

    MEAN = "mean"
    SUM = "sum"


class Rest(StrEnum):
    """What embedding the out-of-vocabulary feature of a field has: one of its own, or none."""

    OOV = "oov"
    ZERO = "zero"


class EmbeddingScheme(StrEnum):
    """How the embedding table is stored."""

    FULL = "full"
    HASH = "hash"
    QR = "qr"
    UNIFIED = "unified"


class TableDtype(StrEnum):
    """How the numbers of a table are stored in the file of a model; it learns in ``float32`` all the same."""

    FLOAT32 = "float32"
    INT8 = "int8"


class SplitOrder(StrEnum):
    """Which rows are held out: drawn ones, the last ones of the log, or the last ones in time."""

    RANDOM = "random"
    ORDERED = "ordered"
    TIME = "time"


@dataclass(frozen=True)
class EncodedField:
    """How one field becomes features.

    Parameters
    ----------
    name : str
        Column of the log; of a cross, a name of its own.
    kind : EncodedKind
        What the field is made of.
    encoding : Encoding
        How values become codes 1 to ``features``; code 0 is out of vocabulary.
    features : int
        Features that have an embedding, the out-of-vocabulary one aside.
    of : int
        Features that the field had before any was dropped.
    dim : int
        Width of an embedding.
    values : str, optional
        Under which name its features stand in the values file; None for hashed fields.
    edges : tuple of float
        Of ``quantile``: ascending inner edges; bin i holds ``edges[i-1] <= x < edges[i]``.
    mean, scale : float, optional
        Of ``standard``: the feature's embedding is multiplied by ``(x - mean) / scale``.
    of_fields : tuple of str
        Of a cross: the columns whose values are paired.
    separator : str, optional
        Of a multi-valued field that stands as text in the log: what separates the values.
    pooling : Pooling, optional
        Of a multi-valued field.
    max_length : int, optional
        Of a multi-valued field: further values of a list are not read.
    score : float, optional
        What the selection thought of it.
    """

    name: str
    kind: EncodedKind
    encoding: Encoding
    features: int
    of: int
    dim: int
    values: str | None = None
    edges: tuple[float, ...] = ()
    mean: float | None = None
    scale: float | None = None
    of_fields: tuple[str, ...] = ()
    separator: str | None = None
    pooling: Pooling | None = None
    max_length: int | None = None
    score: float | None = None


@dataclass(frozen=True)
class DroppedField:
    """A field that the model does not read, and why."""

    name: str
    why: str
    score: float | None = None


@dataclass(frozen=True)
class ConfigLabel:
    """The label: its column, and the value that counts as 1."""

    name: str
    positive: str | int = 1


@dataclass(frozen=True)
class ConfigSplit:
    """Which rows of the data the selection held out; a training on the same data holds out the same.

    Parameters
    ----------
    order : SplitOrder
        How they were chosen.
    valid, test : float
        Shares of the rows.
    seed : int
        Of a random split.
    """

    order: SplitOrder
    valid: float
    test: float
    seed: int = 0


@dataclass(frozen=True)
class ConfigData:
    """The log that the config was made from."""

    paths: tuple[str, ...]
    rows: int
    fingerprint: str
    split: ConfigSplit | None = None


@dataclass(frozen=True)
class Used:
    """What a selection takes up: fields, features (out-of-vocabulary ones aside), bytes of the table."""

    fields: int
    features: int
    bytes: int


@dataclass(frozen=True)
class Selection:
    """How the features were chosen.

    Parameters
    ----------
    method : str
        Such as ``optfs``; ``all`` where nothing was selected.
    seed : int
        Of everything random in it.
    used : Used
        What it takes up.
    model : str, optional
        Backbone of the search.
    budget : str, optional
        As it was asked for.
    metrics : mapping
        ``full`` and ``selected``, each a mapping of metric names to numbers.
    """

    method: str
    seed: int
    used: Used
    model: str | None = None
    budget: str | None = None
    metrics: Mapping[str, Mapping[str, float]] = field(default_factory=dict[str, Mapping[str, float]])


@dataclass(frozen=True)
class EmbeddingTable:
    """How the embeddings are stored.

    Parameters
    ----------
    scheme : EmbeddingScheme
        Full, or one of those that share rows.
    dim : int
        Width that fields have unless they say another.
    dtype : TableDtype
        Of the numbers in the file of a trained model.
    rows : int, optional
        Of ``hash``, ``qr`` and ``unified``: rows of the shared table.
    lookups : int, optional
        Of ``unified``: rows that make one embedding; ``dim`` is a multiple of it.
    salt : int, optional
        Of ``hash`` and ``unified``: makes another table.
    """

    scheme: EmbeddingScheme
    dim: int
    dtype: TableDtype = TableDtype.FLOAT32
    rows: int | None = None
    lookups: int | None = None
    salt: int | None = None


@dataclass(frozen=True)
class ValuesFile:
    """The Parquet file with the features, beside the config: its name and its checksum."""

    path: str
    sha256: str


@dataclass(frozen=True)
class FeatureConfig:
    """All that a trainer needs to know.

    Parameters
    ----------
    label : ConfigLabel
        What is predicted.
    data : ConfigData
        What the config was made from.
    selection : Selection
        How the features were chosen.
    embedding : EmbeddingTable
        How the embeddings are stored.
    fields : tuple of EncodedField
        What the model reads, in order.
    featsel : str
        Version that wrote it.
    rest : Rest
        What embedding an out-of-vocabulary feature has.
    time, weight : str, optional
        Columns of row time and row weight.
    dropped : tuple of DroppedField
        What the model does not read.
    values : ValuesFile, optional
        None where no field has values of its own.
    """

    label: ConfigLabel
    data: ConfigData
    selection: Selection
    embedding: EmbeddingTable
    fields: tuple[EncodedField, ...]
    featsel: str
    rest: Rest = Rest.OOV
    time: str | None = None
    weight: str | None = None
    dropped: tuple[DroppedField, ...] = ()
    values: ValuesFile | None = None
