"""Finds the SQL files, in a checkout or inside the installed package."""

from pathlib import Path

_PACKAGE = Path(__file__).parent
ROOT = _PACKAGE / "_sql" if (_PACKAGE / "_sql").is_dir() else _PACKAGE.parent / "sql"


def sql_root() -> Path:
    """The directory that holds migrations/, functions/ and views/."""
    return ROOT


def sql_files(folder: str) -> list[Path]:
    """All .sql files under one folder of sql/, in a stable order."""
    return sorted((sql_root() / folder).rglob("*.sql"))


def read_table(name: str) -> list[dict[str, str]]:
    """Rows of a tab-separated file with a header line; lines that begin with # are comments."""
    lines = [
        line
        for line in (sql_root() / name).read_text(encoding="utf-8").splitlines()
        if line.strip() and not line.startswith("#")
    ]
    header, *rows = [line.split("\t") for line in lines]
    for row in rows:
        if len(row) != len(header):
            raise ValueError(f"{name}: {len(row)} fields where {len(header)} are due: {row[0]!r}")
    return [dict(zip(header, row, strict=True)) for row in rows]
