CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE files (
    source TEXT PRIMARY KEY, digest TEXT NOT NULL, size INTEGER NOT NULL, mtime_ns INTEGER NOT NULL,
    ctime_ns INTEGER NOT NULL, chunk_tokens INTEGER NOT NULL
);
CREATE INDEX files_by_digest ON files (digest);
CREATE TABLE pages (source TEXT PRIMARY KEY REFERENCES files ON DELETE CASCADE, etag TEXT, last_modified TEXT);
CREATE TABLE documents (
    id TEXT PRIMARY KEY, source TEXT NOT NULL REFERENCES files ON DELETE CASCADE,
    title TEXT NOT NULL, date TEXT, author TEXT, publisher TEXT, part TEXT, url TEXT, language TEXT, date_from TEXT,
    places TEXT NOT NULL, text TEXT NOT NULL
);
CREATE INDEX documents_by_source ON documents (source);
-- An id is never given twice, so that a stale vector index cannot name a chunk that is another one by now.
CREATE TABLE chunks (
    id INTEGER PRIMARY KEY AUTOINCREMENT, document_id TEXT NOT NULL REFERENCES documents ON DELETE CASCADE,
    start INTEGER NOT NULL, "end" INTEGER NOT NULL, vector BLOB NOT NULL
);
CREATE INDEX chunks_by_document ON chunks (document_id);
-- One row for all sentences of a chunk: Python gives its lock up at each row, and has to wait for it again.
CREATE TABLE sentences (
    chunk_id INTEGER PRIMARY KEY REFERENCES chunks ON DELETE CASCADE,
    spans TEXT NOT NULL, vectors BLOB NOT NULL, words BLOB NOT NULL
);
-- It is given terms as rag/terms.py makes them, so that a word is the same here and wherever else words are compared.
CREATE VIRTUAL TABLE terms USING fts5 (title, text, tokenize = "unicode61 tokenchars '.'");
CREATE VIRTUAL TABLE vocabulary USING fts5vocab (terms, row);
CREATE TRIGGER chunk_goes AFTER DELETE ON chunks BEGIN DELETE FROM terms WHERE rowid = old.id; END;
