"""Rank the fields of click-through-rate logs."""

__version__ = "0.1.0"

# the other names are given by __getattr__
__all__ = ["ConfigError", "DataError", "FeatselError", "FeatselWarning", "__version__", "rank"]  # pyright: ignore[reportUnsupportedDunderAll]

_HOMES = {
    "rank": "featsel.api",
    "ConfigError": "featsel.core.errors",
    "DataError": "featsel.core.errors",
    "FeatselError": "featsel.core.errors",
    "FeatselWarning": "featsel.core.errors",
}
"""Modules of the public names, loaded when a name is asked for: the command line is to start without them.
Their types stand in ``__init__.pyi``."""


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    import importlib  # noqa: PLC0415 - see above

    return getattr(importlib.import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
