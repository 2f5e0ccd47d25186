"""Text in, vectors out; knows no documents."""

from pathlib import Path

from embeddings.encoder import Encoder, EncoderError, Reading, Vectors

__all__ = ["Encoder", "EncoderError", "Reading", "Vectors", "load_encoder"]


def load_encoder(name: str, folder: Path | None) -> Encoder:
    """Make the encoder of that name.

    Args:
        name: ``hashing`` or ``hashing-N`` for the one that needs no weights, else only a label.
        folder: the folder of a sentence-transformers model; None for ``hashing``.

    Raises:
        EncoderError: the folder holds no such model, or the name needs one and there is none.
    """
    if folder is not None:
        # Their libraries take time to import; whoever only lists articles should not wait for them.
        from embeddings.bert_encoder import BertEncoder, UnlikeBert
        from embeddings.sentence_transformer import SentenceTransformerEncoder

        try:
            return BertEncoder(folder, name)
        except UnlikeBert:
            return SentenceTransformerEncoder(folder, name)
    kind, _, dimension = name.partition("-")
    if kind == "hashing" and (not dimension or dimension.isdecimal()):
        from embeddings.hashing import HashingEncoder

        return HashingEncoder(int(dimension or 256))
    raise EncoderError(f"The encoder '{name}' needs the folder that holds its weights.")
