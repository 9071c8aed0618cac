"""A runner that delivers nothing: every claim is answered at once, without HTTP.

    DATABASE_URL=… python -m benchmarks.dry

What is left of `prikke run` is claiming and reporting.
"""

from time import monotonic

import uvloop

from prikke.config import Settings
from prikke.outbound import Answer
from prikke.runner.claimed import Claimed
from prikke.runner.delivery import Courier, result
from prikke.runner.main import run
from prikke.runner.outcome import Kind, Outcome
from prikke.runner.request import SigningSecrets

_ANSWER = Answer(200, {"Content-Type": "text/plain", "Content-Length": "200"}, b"x" * 200)
_OUTCOME = Outcome(Kind.SUCCESS, 200)


async def _answered(_: Courier, claim: Claimed, secrets: SigningSecrets) -> str:
    return result(claim, _OUTCOME, _ANSWER, claim.instant(monotonic()), 0.0)


def main() -> None:
    Courier.deliver = _answered  # type: ignore[method-assign, assignment]
    uvloop.run(run(Settings.from_environment(), concurrency=100))


if __name__ == "__main__":
    main()
