"""The ten interventions alone, and how any file of the catalogue is read.

Whoever asks sources, or tells how they stand, needs no policy, sentence or tool: most of what loading
the catalogue takes.
"""

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, TypeVar

from pydantic import ValidationError

from monitor.catalogue.shapes.models import Data, Intervention
from monitor.kernel.errors import ConfigError

FOLDER = Path(__file__).resolve().parent
_Model = TypeVar("_Model", bound=Data)


class KnowsTheTen(Protocol):
    """What knows the interventions: the catalogue, or what was read of it."""

    @property
    def interventions(self) -> tuple[Intervention, ...]:
        """The interventions, in the order pages show them."""


@dataclass(frozen=True, slots=True)
class TheTen:
    """The interventions, without what else the catalogue says."""

    interventions: tuple[Intervention, ...]


def load_ten() -> TheTen:
    """Read the interventions of the catalogue that is part of the product.

    Raises:
        ConfigError: lists every error of every file of theirs, with file and key.
    """
    errors: list[str] = []
    interventions = read_interventions(FOLDER, errors)
    if errors:
        raise ConfigError("\n".join(errors))
    return TheTen(tuple(interventions))


def read_interventions(folder: Path, errors: list[str]) -> list[Intervention]:
    """Read the files of the interventions; append what is wrong with any."""
    paths = sorted((folder / "interventions").glob("*.toml"))
    if not paths:
        errors.append("interventions/: there is no file")
    interventions = [parse(folder, f"interventions/{p.name}", Intervention, errors) for p in paths]
    return sorted(
        (intervention for intervention in interventions if intervention),
        key=lambda intervention: (intervention.position, intervention.slug),
    )


def parse(folder: Path, name: str, model: type[_Model], errors: list[str]) -> _Model | None:
    """Read one file into its model; on failure append what is wrong and give None."""
    try:
        raw = (folder / name).read_bytes()
        data = tomllib.loads(raw.decode("utf-8"))
    except OSError as error:
        errors.append(f"{name}: cannot be read: {error.strerror}")
        return None
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        errors.append(f"{name}: is not TOML: {error}")
        return None
    generated = model.of_file(Path(name).stem, raw)
    errors += [f"{name}: {key}: not a key of this file" for key in generated if key in data]
    try:
        return model.model_validate(data | generated)
    except ValidationError as error:
        errors += [f"{name}: {_key(e['loc'])}{_message(e)}" for e in error.errors()]
        return None


def _key(location: tuple[int | str, ...]) -> str:
    return ".".join(str(part) for part in location) + ": " if location else ""


def _message(error: Any) -> str:  # noqa: ANN401 - pydantic's own dictionary
    if error["type"] == "extra_forbidden":
        return "unknown key"
    return str(error["msg"]).removeprefix("Value error, ")
