"""Other policies than those in force: released ones by name, and files not yet released.

What cannot be used together is refused with every reason at once; nothing is put in force.
"""

from collections.abc import Iterable, Sequence
from pathlib import Path

from monitor.catalogue.files import parse
from monitor.catalogue.loader import Catalogue, unfit
from monitor.catalogue.shapes.methods import SynthesisPolicy
from monitor.catalogue.shapes.models import Data
from monitor.catalogue.shapes.policies import GapPolicy, GradingPolicy
from monitor.kernel.errors import ConfigError, InvalidInput, NotFound

# Each kind of policy, with a key that only its files have.
_KINDS: dict[str, tuple[type[Data], str]] = {
    "grading": (GradingPolicy, "tiers"),
    "gap": (GapPolicy, "matrix"),
    "synthesis": (SynthesisPolicy, "delta"),
}


def named(catalogue: Catalogue, names: Iterable[str]) -> Catalogue:
    """Give the catalogue with released policies in force, named as "grading/2023-1".

    Raises:
        InvalidInput: a name has another shape, a kind is named twice, or they do not fit together.
        NotFound: there is no such version; the sentence lists those there are.
    """
    chosen: dict[str, str] = {}
    for name in names:
        kind, _, version = name.partition("/")
        if kind not in _KINDS or not version:
            raise InvalidInput(
                f"{name!r} names no policy: write grading/2026-1, gap/2026-1 or synthesis/2026-1"
            )
        _once(kind, chosen)
        chosen[kind] = version
    return _fitting(catalogue.under(**chosen))


def tried(catalogue: Catalogue, names: Iterable[str]) -> Catalogue:
    """The same, where a name may also be the path of a policy's TOML file that is not released.

    Raises:
        ConfigError: a file is no policy; lists every error of it.
        InvalidInput, NotFound: as ``named``.
    """
    released: list[str] = []
    drafts: dict[str, Data] = {}
    for name in names:
        path = Path(name)
        if path.suffix != ".toml":
            released.append(name)
            continue
        kind, policy = read_draft(path)
        _once(kind, drafts)
        drafts[kind] = policy
    both = {name.partition("/")[0] for name in released} & drafts.keys()
    if both:
        raise InvalidInput(f"{', '.join(sorted(both))}: given twice; give one version of each kind")
    # a file may fit what is named beside it, and not what is in force
    drafted = catalogue.model_copy(update=drafts)
    return named(drafted, released) if released else _fitting(drafted)


def read_draft(path: Path) -> tuple[str, Data]:
    """Read a policy's file: which kind it is, and the policy.

    Raises:
        NotFound: there is no such file.
        ConfigError: it is no policy; lists every error of it.
    """
    if not path.is_file():
        raise NotFound(f"there is no file {path}")
    text = path.read_text(encoding="utf-8", errors="replace")
    for kind, (model, key) in _KINDS.items():
        if any(line.startswith((f"[{key}", f"[[{key}", f"{key} ")) for line in text.splitlines()):
            errors: list[str] = []
            policy = parse(path.parent, path.name, model, errors)
            if policy is None:
                raise ConfigError("\n".join(errors))
            return kind, policy
    raise ConfigError(
        f"{path.name}: is no policy: a grading policy has [[tiers]], a gap policy [matrix], "
        "a synthesis policy delta"
    )


def pairs(catalogue: Catalogue) -> list[tuple[str, str]]:
    """List the released versions of grading and gap that fit together, the newest first."""
    released = catalogue.released
    return [
        (grading, gap)
        for grading in sorted(released.grading, reverse=True)
        for gap in sorted(released.gap, reverse=True)
        if not unfit(catalogue.interventions, released.grading[grading], released.gap[gap])
    ]


def _once(kind: str, chosen: dict[str, str] | dict[str, Data]) -> None:
    if kind in chosen:
        raise InvalidInput(f"{kind}: given twice; give one version of each kind")


def _fitting(catalogue: Catalogue) -> Catalogue:
    errors: Sequence[str] = unfit(catalogue.interventions, catalogue.grading, catalogue.gap)
    if errors:
        fitting = [f"grading/{grading} with gap/{gap}" for grading, gap in pairs(catalogue)]
        raise InvalidInput(
            f"The policies grading/{catalogue.grading.version} and gap/{catalogue.gap.version} do not fit: "
            f"{'; '.join(errors)}. Name one of each that do: {', '.join(fitting)}"
        )
    return catalogue
