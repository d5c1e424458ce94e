"""Files and folders that nobody but their owner may read: made so, mended, refused."""

import contextlib
import stat
from pathlib import Path

from monitor.kernel.errors import ConfigError

OTHERS = stat.S_IRWXG | stat.S_IRWXO


def open_to_others(path: Path) -> bool:
    """Tell whether any other user may read, write or enter it."""
    return bool(path.stat().st_mode & OTHERS)


def close_to_others(path: Path) -> bool:
    """Take every right of other users away; tells whether none is left.

    A disk that knows no rights, or a file of somebody else, may keep them.
    """
    if open_to_others(path):
        with contextlib.suppress(OSError):
            path.chmod(stat.S_IMODE(path.stat().st_mode) & ~OTHERS)
    return not open_to_others(path)


def private_folder(path: Path) -> None:
    """Make a folder that only its owner may enter; one that is there is left as it is.

    Raises:
        ConfigError: it cannot be made, or something else has its name.
    """
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigError(f"cannot make the folder {path}: {error.strerror}") from error


def refuse_open_to_others(path: Path) -> None:
    """Make sure that a secret is one, as ssh does with its keys.

    Raises:
        ConfigError: other users may read it.
    """
    if open_to_others(path):
        raise ConfigError(
            f"other users of this machine may read {path}: `chmod 600 {path}` lets only its owner"
        )
