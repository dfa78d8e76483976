"""The one stopwatch of the course: time on the clock, and of the processor."""

import time


class Stopwatch:
    """Measures the block of a ``with`` statement.

    Attributes:
        seconds: on the clock.
        cpu_seconds: of the processor, added up over all cores of this process.
    """

    seconds = cpu_seconds = 0.0

    def __enter__(self) -> "Stopwatch":
        self._wall, self._cpu = time.perf_counter(), time.process_time()
        return self

    def __exit__(self, *_) -> None:
        self.seconds = time.perf_counter() - self._wall
        self.cpu_seconds = time.process_time() - self._cpu
