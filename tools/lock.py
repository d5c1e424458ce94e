"""Resolve requirements.lock and requirements-dev.lock anew: pinned, hashed, no index address."""

import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent.parent
BUILD = HERE / "tools" / "build.in"
COMMON = ["--universal", "--python-version", "3.11", "--generate-hashes", "--no-emit-index-url"]
QUIET = ["--no-header", "--no-annotate", "--upgrade", "--quiet"]


def lock(target: str, *extra: str) -> None:
    """Write one lock file from pyproject.toml and the build requirements."""
    command = [
        sys.executable,
        "-m",
        "uv",
        "pip",
        "compile",
        *COMMON,
        *QUIET,
        *extra,
        "pyproject.toml",
        str(BUILD),
    ]
    subprocess.run([*command, "-o", target], cwd=HERE, check=True)  # noqa: S603 - fixed words


if __name__ == "__main__":
    subprocess.run([sys.executable, "-m", "pip", "install", "--quiet", "uv"], check=True)
    lock("requirements.lock", "--extra", "postgres")
    lock(
        "requirements-dev.lock", "--extra", "dev", "--extra", "postgres", "-c", "requirements.lock"
    )
