"""What the ten interventions are called, and what searched sources are asked for them.

Whoever tells how sources stand needs no more: what holds a file to its shape takes long to load, and
so does all else that the catalogue says. Every start of the service holds the files to their shapes.
"""

import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from monitor.kernel.errors import ConfigError

if TYPE_CHECKING:  # see above
    from monitor.catalogue.shapes.models import Intervention

FOLDER = Path(__file__).resolve().parent


class Searched(Protocol):
    """What is searched for one intervention; ``queries`` by the source's name."""

    @property
    def slug(self) -> str:
        """Its name in addresses and rows."""

    @property
    def short(self) -> str:
        """Its name on pages."""

    @property
    def queries(self) -> Mapping[str, str]:
        """What each source is asked."""


class KnowsTheQueries(Protocol):
    """What knows what is searched: the catalogue, or what was read of it."""

    @property
    def interventions(self) -> Sequence[Searched]:
        """The interventions, in the order pages show them."""


class KnowsTheTen(Protocol):
    """What knows all of the interventions: the catalogue."""

    @property
    def interventions(self) -> "tuple[Intervention, ...]":
        """The interventions, in the order pages show them."""


class OneOfTen(NamedTuple):
    """One intervention, as far as it is told here."""

    slug: str
    short: str
    position: int
    queries: dict[str, str]


class TheTen(NamedTuple):
    """The interventions, without what else the catalogue says."""

    interventions: tuple[OneOfTen, ...]


def load_ten() -> TheTen:
    """Read of the interventions of the product's own catalogue what is searched for them.

    Raises:
        ConfigError: lists the files that cannot be read, or lack what is asked of them here.
    """
    errors: list[str] = []
    interventions = [_intervention(name, errors) for name in files_of_the_ten(FOLDER, errors)]
    if errors:
        raise ConfigError("\n".join(errors))
    ten = sorted(
        (intervention for intervention in interventions if intervention),
        key=lambda intervention: (intervention.position, intervention.slug),
    )
    return TheTen(tuple(ten))


def _intervention(name: str, errors: list[str]) -> OneOfTen | None:
    read = read_toml(FOLDER, name, errors)
    if read is None:
        return None
    data = read[1]
    try:
        return OneOfTen(Path(name).stem, data["short"], data["position"], data["queries"])
    except KeyError as error:
        errors.append(f"{name}: {error.args[0]}: Field required")
        return None


def files_of_the_ten(folder: Path, errors: list[str]) -> list[str]:
    """Name the files of the interventions in a catalogue's folder; append that there is none."""
    names = [
        f"interventions/{path.name}" for path in sorted((folder / "interventions").glob("*.toml"))
    ]
    if not names:
        errors.append("interventions/: there is no file")
    return names


def read_toml(folder: Path, name: str, errors: list[str]) -> tuple[bytes, dict[str, Any]] | None:
    """Read one file: its bytes, and what they say; on failure append what is wrong and give None."""
    try:
        raw = (folder / name).read_bytes()
        return raw, tomllib.loads(raw.decode("utf-8"))
    except OSError as error:
        errors.append(f"{name}: cannot be read: {error.strerror}")
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        errors.append(f"{name}: is not TOML: {error}")
    return None
