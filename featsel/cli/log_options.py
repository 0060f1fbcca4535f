"""How does a command get the options that say which log is meant and how it is read?

They are many, and the same for every command that reads a log. A command declares one parameter, ``log``, and
:func:`reads_log` puts the options in its place.
"""

from __future__ import annotations

import functools
import inspect
import typing
from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

from featsel.cli import options
from featsel.core.engine import Cluster, Engine
from featsel.core.errors import ConfigError

if TYPE_CHECKING:
    from featsel.engines.local import Resources
    from featsel.workflows.request import LogRequest


@dataclass(frozen=True)
class LogOptions:
    """What a user said of a log; names and meanings are those of :mod:`featsel.cli.options`."""

    label: options.Label = None
    positive: options.Positive = None
    include: options.Include = None
    exclude: options.Exclude = None
    categorical: options.Categorical = None
    numeric: options.Numeric = None
    multivalued: options.Multivalued = None
    time: options.Time = None
    weight: options.Weight = None
    input_format: options.InputFormat = None
    columns: options.Columns = None
    no_header: options.NoHeader = False
    separator: options.Separator = None
    null_values: options.NullValues = None
    rows: options.Rows = None
    sample: options.Sample = None
    seed: options.Seed = 0
    threads: options.Threads = None
    memory_limit: options.MemoryLimit = "4GB"
    engine: options.EngineName = Engine.LOCAL
    ray_address: options.RayAddress = None

    def resources(self) -> Resources:
        """Threads, of which polars is told before it is loaded, memory, and where counting runs."""
        n_threads = options.use_threads(self.threads)
        memory_bytes = options.parse_bytes(self.memory_limit)
        if self.ray_address is not None and self.engine is not Engine.RAY:
            raise ConfigError(
                "--ray-address names a cluster, but the engine is local", "Add --engine ray, or leave it out."
            )
        from featsel.engines.local import Resources  # noqa: PLC0415 - polars and numba are loaded from here on

        if self.engine is Engine.LOCAL:
            return Resources(n_threads, memory_bytes)
        return Resources(n_threads, memory_bytes, Cluster(self.ray_address, n_threads, memory_bytes))

    def request(self, data: list[str]) -> LogRequest:
        """The log that they describe; call :meth:`resources` first."""
        from featsel.workflows.request import LogRequest  # noqa: PLC0415 - polars is loaded from here on

        return LogRequest(
            paths=tuple(data),
            format=options.known_format(self.input_format),
            label=self.label,
            positive=self.positive,
            include=tuple(self.include or ()),
            exclude=tuple(self.exclude or ()),
            categorical=tuple(self.categorical or ()),
            numeric=tuple(self.numeric or ()),
            multivalued=tuple(self.multivalued or ()),
            time=self.time,
            weight=self.weight,
            text=options.text_options(
                self.columns, self.separator, self.null_values, has_header=not self.no_header
            ),
            rows=self.rows,
            sample=self.sample,
            seed=self.seed,
        )


def reads_log(*, without: tuple[str, ...] = ()) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Give a command the options of a log in place of its parameter ``log``.

    Parameters
    ----------
    without : tuple of str
        Fields of :class:`LogOptions` that make no sense for the command.

    Returns
    -------
    callable
        A decorator.
    """

    def decorate(command: Callable[..., None]) -> Callable[..., None]:
        hints = typing.get_type_hints(command, include_extras=True)
        log_hints = typing.get_type_hints(LogOptions, include_extras=True)
        given = [field for field in fields(LogOptions) if field.name not in without]
        parameters: list[inspect.Parameter] = []
        for parameter in inspect.signature(command).parameters.values():
            if parameter.name == "log":
                parameters.extend(
                    inspect.Parameter(
                        field.name,
                        inspect.Parameter.KEYWORD_ONLY,
                        default=field.default,
                        annotation=log_hints[field.name],
                    )
                    for field in given
                )
            else:
                # options without a default may follow those that have one
                parameters.append(
                    parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY, annotation=hints[parameter.name])
                )

        @functools.wraps(command)
        def wrapper(**values: object) -> None:
            log = LogOptions(**{field.name: values.pop(field.name) for field in given})  # type: ignore[arg-type]  # typer has checked their types
            command(log=log, **values)

        wrapper.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]  # what typer reads
        wrapper.__annotations__ = {each.name: each.annotation for each in parameters} | {"return": None}
        return wrapper

    return decorate
