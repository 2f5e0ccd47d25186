"""Plain values that the steps are given; flags come before ``RAG_*``, before ``rag.toml``, before the defaults."""

import tomllib
from enum import StrEnum
from pathlib import Path
from typing import Any

from pydantic import Field, ValidationError
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from rag.errors import SettingsError

SETTINGS_FILE = "rag.toml"
DEFAULT_ENCODER = "all-MiniLM-L6-v2"
DEFAULT_RERANKER = "built-in"
DEFAULT_LLM = "qwen2.5-coder-1.5b-instruct"


class Policy(StrEnum):
    """What is done with a sentence that its sources do not bear in full."""

    STRICT = "strict"
    """It is not said: its part that is borne is, or in its place the words of the source that comes closest."""
    MARK = "mark"
    """It is said, and marked as what it is."""
    OFF = "off"
    """It is said as it is; its status is in the JSON alone."""


class WhenUnsure(StrEnum):
    """What is done where it is not sure that what was found answers the question."""

    ANSWER = "answer"
    """It is answered, if it may be at all."""
    BALANCED = "balanced"
    """It is answered unless much speaks against it."""
    REFUSE = "refuse"
    """It is refused."""


class Settings(BaseSettings):
    """Every value that a user can set.

    Each is also an environment variable (``RAG_LIBRARY``, ``RAG_LLM``, …) and a key of ``rag.toml`` in the current
    folder. Make one with ``Settings.read(llm="…")`` to have what is wrong with it said in one line.
    """

    model_config = SettingsConfigDict(
        env_prefix="RAG_", toml_file=SETTINGS_FILE, extra="forbid", frozen=True, validate_default=False
    )

    library: Path = Field(Path(".rag"), description="The folder that holds the library.")
    encoder: str | None = Field(
        None, description="Catalogue name, path, or sentence-transformers name; the library's own if unset."
    )
    reranker: str = Field(
        DEFAULT_RERANKER, description="built-in, none, or a cross-encoder: its folder, or its name on the Hub."
    )
    verifier: str | None = Field(
        None,
        description="Who checks too: a cross-encoder for entailment (its folder, or its name on the Hub), or the "
        "default language model, by its state.",
    )
    llm: str = Field(DEFAULT_LLM, description="Catalogue name, path of a GGUF file, or hf:owner/repo/file.")
    prompts: Path | None = Field(None, description="A folder of prompt templates to use before the built-in ones.")
    models: Path | None = Field(None, description="The folder that keeps weights; the user's cache folder if unset.")
    offline: bool = Field(False, description="Never touch the network.")
    allow_private: bool = Field(False, description="Fetch pages from addresses that are not public, too.")
    fetch_pause: float = Field(1.0, ge=0, description="Seconds between two requests to the same site.")
    most_pages: int = Field(100, ge=1, description="Pages that are fetched of one feed or sitemap.")
    threads: int | None = Field(None, ge=1, description="Threads of the language model; physical cores if unset.")
    chunk_tokens: int = Field(256, ge=32, description="A chunk's most tokens, as the encoder counts, title included.")
    fields: str = Field(
        "", description="What exported records call their fields where that cannot be guessed: body=KEY,title=KEY."
    )
    candidates: int = Field(40, ge=1, description="Chunks that each of the two searches proposes.")
    hits: int = Field(5, ge=1, description="Chunks that a search returns.")
    evidence_tokens: int = Field(300, ge=64, description="Tokens of articles that the language model is shown.")
    when_unsure: WhenUnsure = Field(
        WhenUnsure.BALANCED,
        description="What is done where what was found may not answer the question: answer, balanced or refuse.",
    )
    policy: Policy = Field(
        Policy.STRICT, description="What is done with a sentence that its sources do not bear: strict, mark or off."
    )
    context_tokens: int = Field(4096, ge=512, description="The language model's context, prompt and answer together.")
    history_tokens: int = Field(
        400, ge=0, description="Tokens of the conversation so far that the language model is shown, the newest turns."
    )
    answer_tokens: int = Field(160, ge=16, description="An answer's most tokens.")

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Order the sources: what is passed in, the environment, ``rag.toml``."""
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls)

    @classmethod
    def read(cls, **flags: Any) -> "Settings":
        """Gather the settings; a flag that is None counts as not given.

        Raises SettingsError where a key is unknown, a value cannot be used or ``rag.toml`` is no TOML.
        """
        try:
            return cls(**{name: value for name, value in flags.items() if value is not None})
        except ValidationError as error:
            problem = error.errors()[0]
            name = ".".join(str(part) for part in problem["loc"])
            if problem["type"] == "extra_forbidden":
                known = ", ".join(cls.model_fields)
                raise SettingsError(f"Unknown setting '{name}'; the settings are {known}.") from error
            raise SettingsError(f"Setting '{name}': {problem['msg']}, not {problem['input']!r}.") from error
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise SettingsError(f"{SETTINGS_FILE} is not valid TOML: {error}.") from error
        except OSError as error:
            raise SettingsError(f"{SETTINGS_FILE} cannot be read: {error.strerror}.") from error

    @property
    def encoder_for_new(self) -> str:
        """The encoder that a new library is made with."""
        return self.encoder or DEFAULT_ENCODER
