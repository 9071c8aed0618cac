"""A web application that reads a body and does one select: what P10 is held against.

    python -m benchmarks.bare_web --fd 3

The same server, event loop and pool as `prikke serve`, and nothing of Prikke's own.
"""

import argparse
import contextlib
import os
import socket
from collections.abc import AsyncIterator

import uvicorn
from psycopg import AsyncConnection
from psycopg_pool import AsyncConnectionPool
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from prikke.config import Settings
from prikke.db import Pool, connection_options
from prikke.http.app import CONNECTIONS


async def answer(request: Request) -> JSONResponse:
    pool: Pool = request.app.state.pool
    sent = await request.json()
    async with pool.connection() as conn:
        row = await (await conn.execute("select %s::text, now()", (sent["name"],))).fetchone()
    assert row is not None
    return JSONResponse({"name": row[0], "at": row[1].isoformat()}, 201)


@contextlib.asynccontextmanager
async def lifespan(app: Starlette) -> AsyncIterator[None]:
    options = connection_options(Settings(), "bare")
    pool: Pool = AsyncConnectionPool[AsyncConnection](
        os.environ["DATABASE_URL"], kwargs=options, min_size=1, max_size=CONNECTIONS, open=False
    )
    async with pool:
        app.state.pool = pool
        yield


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--fd", type=int, required=True)
    app = Starlette(routes=[Route("/api/jobs", answer, methods=["POST"])], lifespan=lifespan)
    config = uvicorn.Config(
        app,
        loop="uvloop",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
    )
    uvicorn.Server(config).run(sockets=[socket.socket(fileno=parser.parse_args().fd)])


if __name__ == "__main__":
    main()
