"""What ``/metrics`` tells Prometheus."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, generate_latest

from rag.datatypes import Answer
from rag.server.waiting import WaitingLine

METHODS = {"DELETE", "GET", "HEAD", "OPTIONS", "POST"}
SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120)


class Metrics:
    """The counts of one server; each has its own registry, so that two in a process do not mix.

    Args:
        line: whose length is told.
    """

    def __init__(self, line: WaitingLine) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self._requests = Counter(
            "footnoted_requests", "Requests answered.", ("method", "route", "status"), registry=self.registry
        )
        self._seconds = Histogram(
            "footnoted_request_seconds",
            "From a request's arrival to the end of its answer.",
            ("route",),
            buckets=SECONDS,
            registry=self.registry,
        )
        self._answers = Counter("footnoted_answers", "Questions, by how they ended.", ("end",), registry=self.registry)
        self._tokens = Counter("footnoted_tokens", "The language model's tokens.", ("kind",), registry=self.registry)
        waiting = Gauge("footnoted_waiting", "Questions that wait for the language model.", registry=self.registry)
        waiting.set_function(lambda: line.waiting)
        writing = Gauge("footnoted_writing", "Questions that the language model answers.", registry=self.registry)
        writing.set_function(lambda: line.busy)

    def count_request(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count a request; ``route`` is the pattern of its path, so that ids do not make a series each."""
        known = method if method in METHODS else "other"
        self._requests.labels(known, route, status).inc()
        self._seconds.labels(route).observe(seconds)

    def count_answer(self, answer: Answer | None) -> None:
        """Count a question's end; None where it was broken off, by an error or because the client left."""
        if answer is None:
            self._answers.labels("broken_off").inc()
            return
        self._answers.labels(answer.refusal_reason or "answered").inc()
        self._tokens.labels("prompt").inc(answer.usage.prompt_tokens)
        self._tokens.labels("completion").inc(answer.usage.completion_tokens)

    def exposition(self) -> bytes:
        """Return all counts in Prometheus's text format."""
        return generate_latest(self.registry)
