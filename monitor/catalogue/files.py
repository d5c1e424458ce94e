"""How a file of the catalogue is read and held to its shape."""

from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError

from monitor.catalogue.shapes.models import Data, Intervention
from monitor.catalogue.ten import files_of_the_ten, read_toml

_Model = TypeVar("_Model", bound=Data)


def read_interventions(folder: Path, errors: list[str]) -> list[Intervention]:
    """Read the files of the interventions; append what is wrong with any."""
    names = files_of_the_ten(folder, errors)
    interventions = [parse(folder, name, Intervention, errors) for name in names]
    return sorted(
        (intervention for intervention in interventions if intervention),
        key=lambda intervention: (intervention.position, intervention.slug),
    )


def parse(folder: Path, name: str, model: type[_Model], errors: list[str]) -> _Model | None:
    """Read one file into its model; on failure append what is wrong and give None."""
    read = read_toml(folder, name, errors)
    if read is None:
        return None
    raw, data = read
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
