"""Which options does a config file give?"""

from __future__ import annotations

import inspect
import sys
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, cast

from featsel.core.errors import ConfigError, did_you_mean

OWN_FILE = Path("featsel.toml")
PROJECT_FILE = Path("pyproject.toml")

PARAMETERS = {"format": "input_format", "lambda": "penalty"}
"""Options whose parameter has another name."""

NO_KEYS = frozenset({*PARAMETERS.values(), "config"})
"""Parameters that are no keys of a config file."""

REPEATABLE = frozenset(
    {
        "include",
        "exclude",
        "categorical",
        "numeric",
        "multivalued",
        "null_values",
        "select",
        "ignore",
        "reference",
        "output",
    }
)
"""Options that may be given several times."""

TABLES: Mapping[str, frozenset[str]] = {
    "check": frozenset(
        {"per_field_ignores", "per_column_ignores", "severity", "thresholds", "field", "waiver"}
    )
}
"""Keys of a command's table that are no options; the command reads them itself."""

TomlTable = dict[str, Any]  # what tomllib returns


def read_defaults(path: Path | None, *, command: str, known: Mapping[str, set[str]]) -> TomlTable:
    """Option values that a config file gives to a command.

    Keys at the top belong to every command that has such an option; a table named as a command belongs to
    it alone and wins.

    Parameters
    ----------
    path : Path or None
        What ``--config`` names; None looks in the working folder for ``featsel.toml``, then for
        ``[tool.featsel]`` of ``pyproject.toml``.
    command : str
        The command that runs.
    known : mapping of str to set of str
        Options of every command, as parameter names.

    Returns
    -------
    dict
        Values by parameter name.

    Raises
    ------
    ConfigError
        The file is missing, is no TOML, or has a key that no command knows.
    """
    found = config_file(path)
    if found is None:
        return {}
    table = _read_table(found)
    if not table:
        return {}
    if path is None:
        sys.stderr.write(f"featsel: note: options from {found}\n")
    everywhere = set[str]().union(*known.values())
    for key, value in table.items():
        if isinstance(value, dict) and key not in known:
            raise _unknown(found, f"[{key}]", key, sorted(known))
        if not isinstance(value, dict) and key in known:
            raise ConfigError(
                f"config file {str(found)!r}: {key!r} is a command, not an option", f"Write a table: [{key}]."
            )
    shared = {key: value for key, value in table.items() if not isinstance(value, dict)}
    inner = TABLES.get(command, frozenset())
    own = {key: value for key, value in table.get(command, {}).items() if key.replace("-", "_") not in inner}
    defaults = _options(shared, everywhere, found) | _options(
        own, known[command], found, prefix=f"{command}."
    )
    return {name: value for name, value in defaults.items() if name in known[command]}


def option_keys(command: Callable[..., None]) -> frozenset[str]:
    """Keys that a config file may hold for a command.

    Parameters
    ----------
    command : callable
        As typer has it.

    Returns
    -------
    frozenset of str
        Names of its options as a file spells them, with underscores.
    """
    keys = {name: key for key, name in PARAMETERS.items()}
    return frozenset(keys.get(name, name) for name in inspect.signature(command).parameters)


def config_file(path: Path | None) -> Path | None:
    """File that gives the options.

    Parameters
    ----------
    path : Path or None
        What ``--config`` names.

    Returns
    -------
    Path or None
        That, or what the working folder has; None where it has none.
    """
    return path or next((file for file in (OWN_FILE, PROJECT_FILE) if file.is_file()), None)


def _options(table: TomlTable, known: set[str], path: Path, *, prefix: str = "") -> TomlTable:
    options: TomlTable = {}
    for key, value in table.items():
        name = PARAMETERS.get(key, key.replace("-", "_"))
        if name not in known or key in NO_KEYS:
            options_by_key = known - NO_KEYS | PARAMETERS.keys()
            raise _unknown(path, f"'{prefix}{key}'", key, sorted(options_by_key))
        if isinstance(value, dict | list) and (name not in REPEATABLE or isinstance(value, dict)):
            raise ConfigError(
                f"config file {str(path)!r}: '{prefix}{key}' is {value!r}",
                "This option takes a single value.",
            )
        # a single pattern or path may stand without its brackets
        options[name] = [value] if name in REPEATABLE and isinstance(value, str) else value
    return options


def _read_table(path: Path) -> TomlTable:
    try:
        with path.open("rb") as stream:
            document: Any = tomllib.load(stream)
    except OSError as error:
        raise ConfigError(
            f"config file {str(path)!r} cannot be read: {error.strerror}", "Check its path."
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"config file {str(path)!r} is no TOML: {error}", "Mend the line named.") from error
    if path.name == PROJECT_FILE.name:
        document = document.get("tool", {}).get("featsel", {})
    if not isinstance(document, dict):
        raise ConfigError(
            f"config file {str(path)!r}: tool.featsel is no table", "Write it as [tool.featsel]."
        )
    return cast("TomlTable", document)


def _unknown(path: Path, shown: str, name: str, options: list[str]) -> ConfigError:
    return ConfigError(
        f"config file {str(path)!r} has the unknown key {shown}",
        did_you_mean(name, [option.replace("_", "-") for option in options], what="Known are"),
    )
