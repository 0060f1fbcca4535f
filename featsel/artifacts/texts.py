"""How is a document read whole, whatever file somebody names?"""

from __future__ import annotations

from pathlib import Path

from featsel.core.errors import ConfigError, MissingFileError, UnreadableFileError


def read_text(path: Path, *, title: str, most_bytes: int) -> str:
    """Text of a UTF-8 file.

    Parameters
    ----------
    path : Path
        The file.
    title : str
        What an error calls it.
    most_bytes : int
        No such document is larger; no more of the file is read.

    Returns
    -------
    str
        Without a byte order mark.

    Raises
    ------
    MissingFileError, UnreadableFileError
        There is no such file, or it may not be read.
    ConfigError
        It is too large, or no UTF-8.
    """
    try:
        with path.open("rb") as stream:
            content = stream.read(most_bytes + 1)
    except FileNotFoundError as error:
        raise MissingFileError(f"{title} does not exist", "Check its path.") from error
    except OSError as error:
        raise UnreadableFileError(
            f"{title} cannot be read: {error.strerror or error}", "Check its path and rights."
        ) from error
    if len(content) > most_bytes:
        raise ConfigError(f"{title} is larger than {most_bytes >> 20} MiB", "Is it some other file?")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise ConfigError(f"{title}, line {line}: the text is not UTF-8", "Save it as UTF-8.") from error
