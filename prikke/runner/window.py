"""How many requests may be open at once: more while there is a backlog, few when there is none."""

LEAST = 10


class Window:
    """Doubles with each claim that comes back full, halves with each that comes back empty.

    A small window leaves a small backlog to be shared by several runners.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._least = min(LEAST, most)
        self.size = self._least

    def claimed(self, asked: int, got: int, open_now: int) -> None:
        """Take note of a claim; `open_now` counts the requests that are open without it."""
        if got >= asked:
            self.size = min(self._most, self.size * 2)
        elif got == 0:
            self.size = max(self._least, open_now, self.size // 2)
