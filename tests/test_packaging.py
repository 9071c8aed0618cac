"""What is installed elsewhere: the wheel has everything, and the Dockerfile's steps work."""

import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from prikke import __version__

ROOT = Path(__file__).parent.parent
SHIPPED = {".py", ".sql", ".tsv", ".html", ".txt", ".css", ".js", ".svg", ".ico", ".png", ".woff2"}


def test_the_wheel_holds_the_sql_the_templates_and_the_static_files(tmp_path: Path) -> None:
    subprocess.run(
        ["pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "-w", tmp_path, ROOT],
        executable=Path(sys.executable).with_name("pip"),
        check=True,
    )
    [wheel] = tmp_path.glob("prikke-*.whl")

    held = set(zipfile.ZipFile(wheel).namelist())

    expected = {
        f"prikke/_{path.relative_to(ROOT)}"
        for path in (ROOT / "sql").rglob("*")
        if path.suffix in SHIPPED or path.name == "psqlrc"
    } | {
        str(path.relative_to(ROOT))
        for path in (ROOT / "prikke").rglob("*")
        if path.suffix in SHIPPED or path.name == "py.typed"
    }
    assert expected - held == set()
    assert not any(name.startswith("tests") for name in held)


def build_steps(dockerfile: str) -> tuple[list[str], list[str]]:
    """What the build stage copies, and the commands it runs."""
    [_, stage, _] = re.sub(r"\\\n", " ", dockerfile).split("\nFROM ")
    copied = [
        word
        for line in re.findall(r"^COPY (.*)$", stage, re.MULTILINE)
        for word in line.split()[:-1]
    ]
    return copied, re.findall(r"^RUN (.*)$", stage, re.MULTILINE)


@pytest.fixture(scope="session")
def image(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Dockerfile's build stage, run in directories of its own instead of a container."""
    source, target = tmp_path_factory.mktemp("src"), tmp_path_factory.mktemp("opt") / "prikke"
    copied, commands = build_steps((ROOT / "Dockerfile").read_text())
    for name in copied:
        if (ROOT / name).is_dir():
            shutil.copytree(
                ROOT / name, source / name, ignore=shutil.ignore_patterns("__pycache__")
            )
        else:
            shutil.copy(ROOT / name, source / name)
    for command in commands:
        subprocess.run(
            command.replace("/opt/prikke", str(target)),
            shell=True,
            cwd=source,
            check=True,
            env={**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"},
            stdout=subprocess.DEVNULL,
        )
    return target


def run(image: Path, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """A command of the image, far from the checkout and with nothing but its own environment."""
    return subprocess.run(
        [image / "bin" / "prikke", *words],
        cwd="/",
        env={"PATH": f"{image}/bin:/usr/bin:/bin", "PYTHONDONTWRITEBYTECODE": "1", **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_image_has_a_working_command(image: Path) -> None:
    said = run(image, "--version")

    assert (said.returncode, said.stdout) == (0, f"prikke {__version__}\n"), said.stderr


def test_the_image_installs_a_database(image: Path, dsn: str) -> None:
    said = run(image, "uninstall", "--yes", DATABASE_URL=dsn)
    assert said.returncode == 0, said.stderr

    said = run(image, "install", DATABASE_URL=dsn)

    assert said.returncode == 0, said.stderr
    assert "is installed" in said.stdout


def test_the_image_without_its_own_postgres_says_what_it_needs(image: Path) -> None:
    said = run(image, "up", "--port", "0", HOME="/nonexistent")

    assert said.returncode == 1
    assert "DATABASE_URL" in said.stderr


def test_the_image_runs_as_somebody_without_rights() -> None:
    last_stage = (ROOT / "Dockerfile").read_text().split("\nFROM ")[-1]

    assert re.search(r"^USER (?!0\b|root\b)\d+", last_stage, re.MULTILINE)
    assert "HEALTHCHECK" in last_stage
