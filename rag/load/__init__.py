"""From files to Documents: which files are articles, and which loader reads each format."""

from rag.load.documents import load_documents
from rag.load.folder import find_articles
from rag.load.formats import LOADERS, Loader
from rag.load.member import Member

__all__ = ["LOADERS", "Loader", "Member", "find_articles", "load_documents"]
