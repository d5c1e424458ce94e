"""Render config.example.toml from the settings' own declarations: every key, default, help."""

import json
import sys
from pathlib import Path

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from monitor.kernel.settings import Settings

TARGET = Path(__file__).resolve().parent.parent / "config.example.toml"
HEAD = """\
# Gap Monitor's settings. Copy this file to config.toml (`make run` does it for you) and change
# what you need; a line that starts with # shows the default. Everything the service writes lies
# in the folder of this file, under var/. A wrong or unknown setting stops the start.
"""


def render() -> str:
    """Give the whole example file."""
    return HEAD + "".join(
        _section(name, field.annotation)
        for name, field in Settings.model_fields.items()
        if name != "folder"
    )


def _section(name: str, model: type[BaseModel] | None) -> str:
    if model is None or not issubclass(model, BaseModel):
        raise TypeError(f"{name} is not a section")
    lines = [f"\n# {_first_line(model)}\n[{name}]\n"]
    nested = []
    for key, field in model.model_fields.items():
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            nested.append(_section(f"{name}.{key}", field.annotation))
        else:
            lines.append(f"# {field.description}\n# {key} = {_default(field)}\n")
    return "".join(lines + nested)


def _first_line(model: type[BaseModel]) -> str:
    return (model.__doc__ or "").splitlines()[0]


def _default(field: FieldInfo) -> str:
    if field.default is None:
        return '""' if "file" not in (field.description or "") else '"path/of/a/file"'
    if isinstance(field.default, tuple):
        return "[]"
    return json.dumps(field.default)


if __name__ == "__main__":
    TARGET.write_text(render(), encoding="utf-8")
    sys.stdout.write(f"{TARGET.name} written\n")
