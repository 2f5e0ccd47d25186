"""``rag`` as a process for tests: the real encoder, and a language model that does as it is told.

``python -m tests.run_scripted chat --library FOLDER`` takes what ``rag`` takes; ``tests.serve_scripted`` says what the
model does.
"""

import rag.llama
from rag.cli import main
from tests.serve_scripted import ObedientGenerator

if __name__ == "__main__":
    vars(rag.llama)["LlamaCppGenerator"] = ObedientGenerator
    main()
