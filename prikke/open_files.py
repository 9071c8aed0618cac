"""How many files and sockets a process may have open: the soft limit of many systems is 1,024."""

import resource

# One open request or page is one of them. More is of no use to one process.
ENOUGH = 65_536
# A runner with a thousand open requests, or a web process with its pages and pool, and some room.
NEEDED = 4_096


def allowed() -> int:
    """How many this process could open, once its limit is raised."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    return ENOUGH if hard == resource.RLIM_INFINITY else min(hard, ENOUGH)


def raise_limit() -> None:
    """Raise the soft limit as far as the system lets us; never lowers it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < allowed():
        resource.setrlimit(resource.RLIMIT_NOFILE, (allowed(), hard))
