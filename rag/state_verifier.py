"""A further check of the verifier: whether its sources bear a sentence, by a language model's state as it reads both.

The model is not asked. It reads the sentence as its own reply to who wants the sources summed up, and a probe looks at
what it makes of the sentence's words.
"""

import math
from collections.abc import Sequence

from rag.attribute import Attribution
from rag.errors import ModelError
from rag.generate import Message
from rag.llama import LlamaCppGenerator
from rag.probe import Probe, probe_fingerprint
from rag.prompt import Evidence, lay_out, render_prompt
from rag.statement_reader import StatementReader

TEMPLATE = "borne"
# More of the sources is not read: of a long article, what stands around the sentences that the sentence rests on.
MOST_TOKENS = 2000
LEAST_LIKELY = 0.5


class StateVerifier:
    """A language model and the probe that tells from its state what is borne.

    Args:
        generator: whose model reads.
        probe: of that model.
    """

    def __init__(self, generator: LlamaCppGenerator, probe: Probe) -> None:
        self._generator = generator
        self._probe = probe
        self._reader = StatementReader(generator)

    @property
    def fingerprint(self) -> str:
        """The model's name and a digest of its probe."""
        return f"{self._generator.name} {probe_fingerprint('borne', self._generator.name)}"

    def check_entailment(self, attribution: Attribution) -> bool | None:
        """Check that what there was to rest on bears the sentence; where it rests on nothing it does not apply."""
        if not attribution.sources:
            return None
        return self.likely_borne(excerpts(self._around(attribution)), attribution.sentence.text) >= LEAST_LIKELY

    def likely_borne(self, text: str, statement: str) -> float:
        """Return how likely it is, from 0 to 1, that a text bears a statement.

        Raises ModelError where the model's state cannot be read.
        """
        line = " ".join(statement.split())
        values = self._reader.values(borne_prompt(text, line), line)
        if values is None:
            raise ModelError(
                f"The state of {self._generator.name} cannot be read with the llama-cpp-python that is installed, so "
                "it cannot verify; leave --verifier out, or name a cross-encoder."
            )
        return 1 / (1 + math.exp(-self._probe.log_odds(values)))

    def _around(self, attribution: Attribution) -> Sequence[Evidence]:
        """Return the evidence nearest to the sources, as much as may be read."""
        evidence = sorted(attribution.evidence, key=lambda item: item.place)
        places = [evidence.index(source) for source, _ in attribution.sources]
        tokens = self._generator.count_tokens([item.sentence.text for item in evidence])
        chosen, left = [], MOST_TOKENS
        for at in sorted(range(len(evidence)), key=lambda at: min(abs(at - place) for place in places)):
            if tokens[at] > left:
                break
            chosen.append(evidence[at])
            left -= tokens[at]
        return sorted(chosen, key=lambda item: item.place)


def excerpts(evidence: Sequence[Evidence]) -> str:
    """Return the text of evidence, that of each document below its title."""
    return "\n\n".join("\n".join(filter(None, (passage.title, passage.text))) for passage in lay_out(evidence))


def borne_prompt(text: str, statement: str) -> list[Message]:
    """Return the prompt that asks to sum up a text, with a statement for the reply."""
    return [*render_prompt(TEMPLATE, text=text), Message("assistant", statement)]
