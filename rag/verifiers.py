"""From the name of a further verifier to the verifier."""

from typing import Protocol

from rag.attribute import Attribution
from rag.entailment import EntailmentVerifier
from rag.errors import UnknownModel
from rag.llama import load_generator
from rag.models import locate_verifier
from rag.models.catalogue import CATALOGUE, Role
from rag.probe import load_probe
from rag.settings import Settings
from rag.state_verifier import StateVerifier


class FurtherVerifier(Protocol):
    """Tells, beside the usual checks, whether what a sentence rests on entails it."""

    @property
    def fingerprint(self) -> str:
        """What tells it from every other one."""
        ...

    def check_entailment(self, attribution: Attribution) -> bool | None:
        """Check that the sources entail the sentence; None where that does not apply."""
        ...


def load_verifier(name: str, settings: Settings) -> FurtherVerifier:
    """Make the verifier of that name, fetching its weights if need be.

    Args:
        name: a language model of the catalogue that has a probe for what is borne, or a sentence-transformers
            ``CrossEncoder`` trained for entailment: its folder, or its name on the Hub.
        settings: where weights are kept, and whether to touch the network.

    Raises:
        UnknownModel: the name is none of these.
        ModelUnavailable: it is to be fetched from where nothing can or must be reached.
        ModelDamaged: the folder holds no cross-encoder, or none for entailment.
    """
    if any(model.name == name and model.role is Role.LANGUAGE_MODEL for model in CATALOGUE):
        return _load_state_verifier(name, settings)
    located = locate_verifier(name, folder=settings.models, offline=settings.offline)
    assert located.path is not None  # only an encoder can do without weights
    # transformers takes seconds to import; whoever asks for no cross-encoder should not wait for it.
    from rag.cross_encoder import CrossEncoderFolder

    return EntailmentVerifier(CrossEncoderFolder(located.path, "verifier"))


def _load_state_verifier(name: str, settings: Settings) -> StateVerifier:
    probe = load_probe("borne", name)
    if probe is None:
        able = ", ".join(model.name for model in CATALOGUE if load_probe("borne", model.name))
        raise UnknownModel(f"'{name}' has no probe that tells what is borne; take {able}, or a cross-encoder.")
    return StateVerifier(load_generator(name, settings), probe)
