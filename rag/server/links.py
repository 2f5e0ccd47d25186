"""Where a citation opens, and who may open it: a browser that follows a link sends no key, so the link has a signature.

The signature is an HMAC of the article's id. It opens this article alone, for whoever has the link, until the server's
keys change.
"""

import hashlib
import hmac
from urllib.parse import urlencode

from rag.datatypes import Citation
from rag.server.settings import ServerSettings


def sign_document(document_id: str, settings: ServerSettings) -> str | None:
    """Return the signature of an article's link; None where the server is open and needs none."""
    if not settings.keys:
        return None
    secret = hashlib.sha256("\0".join(settings.keys).encode()).digest()
    return hmac.new(secret, document_id.encode(), hashlib.sha256).hexdigest()[:32]


def document_url(citation: Citation, settings: ServerSettings, base_url: str) -> str:
    """Return the address of an article with the cited words highlighted.

    Args:
        citation: the words.
        settings: the server's.
        base_url: the address under which the server was asked.
    """
    query: dict[str, str | int] = {"start": citation.start, "end": citation.end}
    if signature := sign_document(citation.document_id, settings):
        query["signature"] = signature
    base = (settings.public_url or base_url).rstrip("/")
    return f"{base}/documents/{citation.document_id}?{urlencode(query)}#quote"
