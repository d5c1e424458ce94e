"""The service's own secret: made once, kept beside the data, readable by its owner only."""

import os
import secrets
from pathlib import Path

from monitor.kernel.errors import ConfigError
from monitor.kernel.private_files import private_folder, refuse_open_to_others

FILE = "secret_key"
_BYTES = 32


def load_or_create(folder: Path) -> bytes:
    """Give the 32-byte secret in ``folder``, making it on first use.

    It signs the links in mails already sent: losing it breaks their unsubscribe links.

    Raises:
        ConfigError: the file is there but does not hold a secret of ours, cannot be read, or
            can be read by others.
    """
    path = folder / FILE
    private_folder(folder)
    try:
        if not path.exists():
            _create(path)
        refuse_open_to_others(path)
        value = bytes.fromhex(path.read_text(encoding="ascii").strip())
    except OSError as error:
        raise ConfigError(f"cannot use the secret {path}: {error.strerror}") from error
    except ValueError as error:
        raise ConfigError(f"{path} does not hold a secret: restore it from a backup") from error
    if len(value) != _BYTES:
        raise ConfigError(f"{path} does not hold a secret: restore it from a backup")
    return value


def _create(path: Path) -> None:
    """Write the secret under another name first: a crash never leaves half of it."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    with os.fdopen(os.open(temporary, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), "w") as file:
        file.write(secrets.token_hex(_BYTES))
    try:
        os.link(temporary, path)  # fails if another process was first: then its secret stands
    except FileExistsError:
        pass
    finally:
        temporary.unlink()
