"""Commands that messages tell people to run, written so that they can be pasted."""

import shlex

from rag.settings import Settings


def command_line(command: str, *, online: bool = False, **settings: object) -> str:
    """Return a command in backticks, with those settings as options that it would not find by itself.

    ``command_line("rag list", library=Path("my news"))`` is ``rag list --library 'my news'``, unless ``RAG_LIBRARY`` or
    ``rag.toml`` names that folder.

    Args:
        command: as it is typed.
        online: whether it has to reach the network, even where the environment or ``rag.toml`` forbids that.
        settings: values by the names of settings that are options of the command too; None is what it finds by itself.
    """
    found = Settings.read()
    options = [
        f" --{name} {shlex.quote(str(value))}"
        for name, value in settings.items()
        if value is not None and value != getattr(found, name)
    ]
    allowed = "RAG_OFFLINE=false " if online and found.offline else ""
    return f"`{allowed}{command}{''.join(options)}`"
