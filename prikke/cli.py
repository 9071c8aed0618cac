"""The command line: runs one command, says what went wrong, and how it ends."""

import sys
from collections.abc import Iterator, Sequence

import psycopg

from prikke import logs
from prikke.commands.usage import parser
from prikke.config import Settings
from prikke.errors import PrikkeError, Refused

DONE, FAILED, USAGE, INTERRUPTED = 0, 1, 2, 130


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; its exit code."""
    arguments = parser().parse_args(argv)
    try:
        settings = Settings.from_environment()
        logs.configure(settings.log)
        code: int = arguments.command(arguments, settings)
    except PrikkeError as error:
        print(*_told(error), sep="\n", file=sys.stderr)
        return FAILED
    except psycopg.Error as error:
        print(f"prikke: the database says: {str(error).strip()}", file=sys.stderr)
        return FAILED
    except BrokenPipeError:
        # Whoever read our output has seen enough.
        sys.stderr.close()
        return FAILED
    except KeyboardInterrupt:
        return INTERRUPTED
    return code


def _told(error: PrikkeError) -> Iterator[str]:
    """What went wrong, with every wrong field and what would be right."""
    yield f"prikke: {error}"
    if not isinstance(error, Refused):
        return
    if len(error.errors) > 1:
        for each in error.errors:
            yield f"  {each.field}: {each.message}" + (f" ({each.hint})" if each.hint else "")
    elif error.hint:
        yield f"  {error.hint}"


if __name__ == "__main__":
    sys.exit(main())
