"""From files to Documents: which files are articles, and which loader reads each format."""

from rag.load.documents import load_documents
from rag.load.export import Fields, parse_fields
from rag.load.folder import find_articles
from rag.load.formats import LOADERS, Loader
from rag.load.member import Member

__all__ = ["LOADERS", "Fields", "Loader", "Member", "find_articles", "load_documents", "parse_fields"]
