"""Text by llama.cpp, in this process."""

import os
import re
import threading
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from itertools import accumulate
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import psutil

from rag.datatypes import Usage
from rag.errors import ModelDamaged, QuestionError
from rag.generate import Message, Piece, Weighed
from rag.models import locate_language_model
from rag.probe import load_probe
from rag.sentences import split_sentences
from rag.settings import Settings
from rag.value_cache import read_values

if TYPE_CHECKING:
    from llama_cpp import Llama

_loading = threading.Lock()

GGUF_MAGIC = b"GGUF"
# What chat templates put around messages. In an article or a question it is text, and must not end a message.
CONTROL = re.compile(r"<(?=\|)|<(?=/?(?:s|think|tool_call|start_of_turn|end_of_turn)>)|\[(?=/?INST\])", re.IGNORECASE)
GREEDY: dict[str, Any] = {"temperature": 0.0}
# A penalty alone would change nothing before a word comes again, and a reply may be wrong from its first word on.
RETRY: dict[str, Any] = {"temperature": 0.7, "repeat_penalty": 1.2, "seed": 1}


class LlamaCppGenerator:
    """A GGUF model in this process, by llama.cpp.

    llama.cpp serves one stream at a time: a second one waits until the first has ended or was closed.

    Args:
        path: the GGUF file.
        name: the name under which it was asked for; one of the catalogue may have a probe.
        context_tokens: prompt and answer together.
        threads: of the processor; as many as it has cores if None.

    Raises:
        ModelDamaged: the file is no GGUF, is cut short, or has no chat template.
    """

    def __init__(self, path: Path, name: str, context_tokens: int, threads: int | None = None) -> None:
        self.path = path
        self.name = name
        self.context_tokens = context_tokens
        self.threads = threads or available_cores()
        self.answerable_probe = load_probe("answerable", name)
        self.borne_probe = load_probe("borne", name)
        self._lock = threading.Lock()

    @cached_property
    def model(self) -> "Llama":
        """The loaded model."""
        with self.path.open("rb") as file:
            if file.read(len(GGUF_MAGIC)) != GGUF_MAGIC:
                raise ModelDamaged(f"{self.path} is no GGUF file; name one, or a model from `rag models list`.")
        # The library takes a moment to import and is not needed to search.
        import llama_cpp

        try:
            with _plain_weights(llama_cpp):
                model = llama_cpp.Llama(
                    str(self.path),
                    n_ctx=self.context_tokens,
                    n_threads=self.threads,
                    n_threads_batch=self.threads,
                    verbose=False,
                )
        except (ValueError, RuntimeError, OSError) as error:
            raise ModelDamaged(
                f"{self.path} cannot be loaded ({error}); if it was cut short, fetch it again, or take a model of "
                "`rag models list`."
            ) from error
        if "tokenizer.chat_template" not in model.metadata:
            model.close()
            raise ModelDamaged(f"{self.path} has no chat template, so it cannot be asked; take an 'instruct' model.")
        return model

    @cached_property
    def _template(self) -> Any:
        from llama_cpp.llama_chat_format import Jinja2ChatFormatter

        def token_text(token: int) -> str:
            return str(self.model.detokenize([token], special=True).decode(errors="replace")) if token >= 0 else ""

        return Jinja2ChatFormatter(
            template=self.model.metadata["tokenizer.chat_template"],
            eos_token=token_text(self.model.token_eos()),
            bos_token=token_text(self.model.token_bos()),
            stop_token_ids=[self.model.token_eos()],
        )

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Count each text's tokens."""
        with self._lock:
            return [len(self.model.tokenize(text.encode(errors="replace"), add_bos=False)) for text in texts]

    def stream(
        self,
        messages: Sequence[Message],
        max_tokens: int,
        *,
        until: Callable[[str], bool] | None = None,
        retry: bool = False,
    ) -> Iterator[Piece]:
        """Write at most ``max_tokens`` tokens, always choosing the likeliest, or by chance but alike in a retry."""
        with self._lock:
            tokens, stop = self._prompt(messages, max_tokens)
            cut = 0
            sampling = RETRY if retry else GREEDY
            parts: Any = self.model.create_completion(tokens, max_tokens=max_tokens, stop=stop, stream=True, **sampling)
            written = ""
            for part in parts:
                choice = part["choices"][0]
                if choice["text"]:
                    written += choice["text"]
                    yield Piece(choice["text"])
                # The last token of an answer that was cut off has been written, but not read back into the context.
                cut = choice["finish_reason"] == "length"
                if until and until(written):
                    break
            yield Piece("", Usage(len(tokens), self.model.n_tokens - len(tokens) + cut), self._borne(len(tokens)))

    def weigh(self, messages: Sequence[Message], replies: Sequence[str], question: str) -> Weighed:
        """Weigh how likely the reply is each word, capitalised or not, to messages that end with the question.

        The first token of a word stands for the word, so no two should begin with the same one.
        """
        from llama_cpp import LogitsProcessorList

        likely: list[float] = []

        def look(_: Any, logits: Any) -> Any:
            exponents = np.exp(np.asarray(logits, dtype=np.float64) - np.max(logits))
            chances = exponents / exponents.sum()
            for word in replies:
                firsts = {self.model.tokenize(form.encode(), add_bos=False)[0] for form in (word, word.capitalize())}
                likely.append(float(sum(chances[first] for first in firsts)))
            return logits

        with self._lock:
            tokens, _ = self._prompt(messages, 1)
            # Asked for as "logprobs", llama.cpp would keep logits for every token of the prompt; seen from the
            # sampler, those of the one next token cost nothing.
            self.model.create_completion(
                tokens, max_tokens=1, temperature=0.0, logits_processor=LogitsProcessorList([look])
            )
            return Weighed(tuple(likely), Usage(len(tokens)), self._answered(tokens, question))

    def _answered(self, tokens: Sequence[int], question: str) -> float | None:
        """Return what the model's probe finds at the question's tokens; None where it cannot look there."""
        if self.answerable_probe is None:
            return None
        asked = self._places(tokens, question)
        values = read_values(self.model.ctx, asked) if asked else None
        return None if values is None else self.answerable_probe.log_odds(values)

    def _borne(self, start: int) -> dict[str, float]:
        """Return what the model's probe finds at each sentence that was written from a place on."""
        written = range(start, self.model.n_tokens)
        if self.borne_probe is None or not written:
            return {}
        values = read_values(self.model.ctx, written)
        if values is None:
            return {}
        tokens = self.model.input_ids[written.start : written.stop].tolist()
        sentences = split_sentences(self.model.detokenize(tokens).decode(errors="replace"))
        places = {sentence.text: self._places(tokens, sentence.text) for sentence in sentences}
        return {text: self.borne_probe.log_odds(values[:, at.start : at.stop]) for text, at in places.items() if at}

    def tokens_up_to(self, messages: Sequence[Message], text: str) -> tuple[list[int], range]:
        """Return the tokens of a prompt up to the end of a text in it, and the places of the text's own.

        Raises QuestionError where the prompt does not fit into the model's context.
        """
        with self._lock:
            tokens, _ = self._prompt(messages, 1)
            places = self._places(tokens, text)
        return tokens[: places.stop], places

    def _places(self, tokens: Sequence[int], text: str) -> range:
        """Return the places of a text's tokens in a prompt; empty where the text is not in it."""
        pieces = [self.model.detokenize([token], special=True) for token in tokens]
        before, found, _ = b"".join(pieces).rpartition(_plain(text).encode(errors="replace"))
        if not found:
            return range(0)
        ends = list(accumulate(map(len, pieces)))
        return range(bisect_right(ends, len(before)), bisect_left(ends, len(before) + len(found)) + 1)

    def _prompt(self, messages: Sequence[Message], max_tokens: int) -> tuple[list[int], list[str]]:
        plain = [{"role": message.role, "content": _plain(message.content)} for message in messages]
        formatted = self._template(messages=plain)
        tokens: list[int] = self.model.tokenize(formatted.prompt.encode(errors="replace"), add_bos=False, special=True)
        if len(tokens) + max_tokens > self.context_tokens:
            raise QuestionError(
                f"The question is too long: it takes {len(tokens)} tokens with its excerpts, and the model reads "
                f"{self.context_tokens - max_tokens}; shorten it, or raise context_tokens."
            )
        stop = formatted.stop if isinstance(formatted.stop, list) else [formatted.stop]
        return tokens, [text for text in stop if text]

    def close(self) -> None:
        """Give the memory back."""
        if "model" in self.__dict__:
            self.model.close()
            del self.__dict__["model"]


def load_generator(name: str, settings: Settings) -> LlamaCppGenerator:
    """Make the generator of that name, fetching its weights if need be.

    Raises UnknownModel, ModelUnavailable or ChecksumMismatch where they are not to be had.
    """
    located = locate_language_model(name, folder=settings.models, offline=settings.offline)
    assert located.path is not None  # only an encoder can do without weights
    return LlamaCppGenerator(located.path, located.name, settings.context_tokens, settings.threads)


def _plain(text: str) -> str:
    return CONTROL.sub(r"\g<0> ", text)


def available_cores() -> int:
    """Return how many physical cores this process may use; more threads than that make llama.cpp slower."""
    physical = psutil.cpu_count(logical=False) or 1
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else physical
    return max(1, min(physical, allowed))


@contextmanager
def _plain_weights(llama_cpp: Any) -> Iterator[None]:
    """Have llama.cpp map the weights as they are in the file while a model is loaded.

    It would repack them for the processor otherwise, which ``Llama`` has no argument against. Measured on 2 cores with
    AMX: repacking takes 3 s at each start and saves none of it in an answer, and the AMX kernels crash the process on
    a virtual machine (llama.cpp issue 20824).
    """
    package = llama_cpp.llama_cpp
    made = package.llama_model_default_params

    def without_repacking() -> Any:
        parameters = made()
        parameters.use_extra_bufts = False
        return parameters

    with _loading:
        package.llama_model_default_params = without_repacking
        try:
            yield
        finally:
            package.llama_model_default_params = made
