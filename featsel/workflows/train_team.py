"""What do the processes of a training open together?

An error that one of them finds ends all of them.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

import polars as pl

from featsel.core.errors import ConfigError
from featsel.core.feature_config import FeatureConfig, SplitOrder
from featsel.training.checkpoints import TrainState
from featsel.training.distributed import Team
from featsel.workflows.encode import EncodeResources
from featsel.workflows.model_folder import Architecture, read_checkpoint
from featsel.workflows.request import LogRequest
from featsel.workflows.train_rows import HeldOut, TrainRows, open_train_rows
from featsel.workflows.train_shards import open_train_shards


@contextmanager
def open_rows(  # noqa: PLR0913 - what both ways to open rows need
    request: LogRequest,
    config: FeatureConfig,
    values: pl.DataFrame,
    *,
    n_shards: int | None,
    team: Team,
    held_out: Mapping[str, HeldOut],
    order: SplitOrder | None,
    group: str | None,
    resources: EncodeResources,
) -> Generator[TrainRows]:
    """Open the rows of a training: all of them in each process, or in each its own shards.

    Parameters
    ----------
    request, config, values, held_out, order, group, resources
        As of :func:`featsel.workflows.train_rows.open_train_rows`.
    n_shards : int, optional
        How many shards the training log is cut into.
    team : Team
        The processes.

    Yields
    ------
    TrainRows
        Valid until the block ends.

    Raises
    ------
    ConfigError, DataError
        The request or a log is wrong.
    """
    with ExitStack() as stack:
        if n_shards is None:
            with team.together():
                rows = stack.enter_context(
                    open_train_rows(
                        request,
                        config,
                        values,
                        held_out=held_out,
                        order=order,
                        group=group,
                        resources=resources,
                    )
                )
        elif group is not None:
            raise ConfigError(
                "--group needs all rows in one process, and --shards cuts them",
                "Leave one of them out. 'featsel predict --keep' writes predictions beside the group.",
            )
        else:
            rows = stack.enter_context(
                open_train_shards(
                    request,
                    config,
                    values,
                    n_shards=n_shards,
                    team=team,
                    held_out=held_out,
                    order=order,
                    resources=resources,
                )
            )
        yield rows


def read_common_checkpoint(
    folder: Path, architecture: Architecture, config: FeatureConfig, team: Team, *, data: str
) -> TrainState | None:
    """Read how far a training is: the first process does, for others may be on machines without the folder.

    Parameters
    ----------
    folder, architecture, config, data
        As of :func:`featsel.workflows.model_folder.read_checkpoint`.
    team : Team
        The processes.

    Returns
    -------
    TrainState or None
        The same in all processes; None where no checkpoint was written yet.

    Raises
    ------
    ConfigError
        The training was of another model, or of other features.
    """
    found = None
    with team.together():
        if team.rank == 0:
            found = read_checkpoint(folder, architecture, config, data=data)
    facts = team.from_first(None if found is None else found.facts)
    if facts is None:
        return None
    return TrainState(team.tensors_from_first({} if found is None else found.tensors), facts)
