"""What the server is told: where it listens, who may ask, and how much."""

from dataclasses import dataclass

from rag.errors import SettingsError


@dataclass(frozen=True, slots=True)
class ServerSettings:
    """Plain values; ``rag serve`` has an option for each that people need to change.

    Raises:
        SettingsError: others could reach the server without a key, or any website could read what it says.
    """

    host: str = "127.0.0.1"
    port: int = 8000
    api_keys: tuple[str, ...] = ()
    """Keys that may ask, and change the library."""
    read_only_keys: tuple[str, ...] = ()
    """Keys that may only ask."""
    cors: tuple[str, ...] = ()
    """Origins of other websites whose pages may use the server, such as ``https://example.org``; ``*`` for all."""
    allowed_hosts: tuple[str, ...] = ()
    """Names under which the server may be asked for, besides ``localhost`` and addresses."""
    public_url: str | None = None
    """Where people reach the server, for the links of citations; as it was asked for if None."""
    footnotes: bool = True
    """Whether footnotes stand as text below an answer to OpenAI's clients."""
    most_waiting: int = 16
    """Requests that may wait for the language model; one more is turned away."""
    question_characters: int = 4_000
    history_turns: int = 50
    body_bytes: int = 1_000_000
    """Of a request that is no upload."""
    upload_bytes: int = 20_000_000
    """Of all the files of one upload together."""
    upload_files: int = 20
    grace_seconds: float = 20.0
    """How long an answer that is being written when the server is stopped may take to end."""
    log_questions: bool = False

    def __post_init__(self) -> None:
        if not self.keys and self.host not in {"127.0.0.1", "localhost", "::1"}:
            raise SettingsError(
                f"Bound to {self.host}, others can reach the server: give it a key with --api-key or RAG_API_KEY."
            )
        if not self.keys and "*" in self.cors:
            raise SettingsError("With --cors '*' and no key, any website could read your articles; add --api-key.")
        if any(not key.strip() for key in self.keys):
            raise SettingsError("An API key is empty.")

    @property
    def keys(self) -> tuple[str, ...]:
        """Every key that may ask."""
        return self.api_keys + self.read_only_keys
