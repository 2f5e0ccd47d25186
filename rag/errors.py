"""The errors that users meet; each message says what happened and what to do.

RagError
├── SettingsError         an unknown key, or a value that cannot be used
├── LoadError             one file that cannot be read as an article
│   └── NotAnArticle      sound, but nothing that anyone wrote as an article
├── LibraryError
│   ├── LibraryNotFound   no library at that place
│   ├── LibraryDamaged    the database is not what was written
│   ├── LibraryReadOnly   something was to be written where only reading is allowed
│   └── EncoderMismatch   the library's vectors were made by another encoder
├── ModelError
│   ├── UnknownModel      a name that is neither in the catalogue nor a path
│   ├── ModelUnavailable  known, but not here and not to be had now
│   ├── ChecksumMismatch  the bytes are not the catalogue's
│   └── ModelDamaged      the file is no model, is cut short, or lacks a chat template
├── QuestionError         an empty question, or one longer than the model can read
│   └── ConditionError    a condition on the articles that is malformed
├── DataError             evaluation data that is missing, empty or malformed
│   └── BadRecord         one case or claim that cannot be used
└── RecordingMissing      a prompt that no recorded reply belongs to
"""


class RagError(Exception):
    """Base of every error that this project raises on purpose."""


class SettingsError(RagError):
    """A setting has an unknown name or a value that cannot be used."""


class LoadError(RagError):
    """One file cannot be read as an article; others are not affected."""


class NotAnArticle(LoadError):  # noqa: N818 - reads as what was found
    """The file is sound, but no article: a program's settings, or an answer of our own; folders may hold such."""


class LibraryError(RagError):
    """Something is wrong with the library on disk."""


class LibraryNotFound(LibraryError):  # noqa: N818 - reads as what happened
    """There is no library at the given place."""


class LibraryDamaged(LibraryError):  # noqa: N818
    """The library's database is not what was written."""


class LibraryReadOnly(LibraryError):  # noqa: N818
    """The library may only be read, and something was to be written to it."""


class EncoderMismatch(LibraryError):  # noqa: N818
    """The library's vectors were made by another encoder."""


class ModelError(RagError):
    """Something is wrong with a model's weights."""


class UnknownModel(ModelError):  # noqa: N818
    """The name is neither in the catalogue nor a path."""


class ModelUnavailable(ModelError):  # noqa: N818
    """The model is known but neither here nor to be had now."""


class ChecksumMismatch(ModelError):  # noqa: N818
    """The bytes are not the ones that the catalogue names."""


class ModelDamaged(ModelError):  # noqa: N818
    """The file is no model, is cut short, or lacks what is needed to use it."""


class QuestionError(RagError):
    """The question is empty or longer than the model can read."""


class ConditionError(QuestionError):
    """A condition on the articles is malformed."""


class DataError(RagError):
    """Evaluation data is missing, empty or malformed; the message names the file and the line."""


class BadRecord(DataError):  # noqa: N818
    """One case or claim is malformed, or its evidence is not in the library; others are not affected."""


class RecordingMissing(RagError):  # noqa: N818
    """No reply is recorded for a prompt: it was never recorded, or has changed since."""
