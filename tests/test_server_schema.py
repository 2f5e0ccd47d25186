"""schemathesis against the server's own description: whatever it sends, no 5xx and no answer that is not described."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.serving import Server

CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
)


@pytest.mark.timeout(900)
def test_every_answer_is_described(server_of_tiny: Server, tmp_path: Path) -> None:
    program = str(Path(sys.executable).with_name("schemathesis"))
    command = [program, "run", f"{server_of_tiny.url}/openapi.json"]
    options = ["--max-examples=20", "--seed=7", "--phases=examples,coverage,fuzzing", f"--checks={','.join(CHECKS)}"]
    ran = subprocess.run([*command, *options, "--no-color"], cwd=tmp_path, capture_output=True, text=True, check=False)
    # Bodies of many kilobytes stand in its report.
    assert ran.returncode == 0, "\n".join(line[:300] for line in ran.stdout.splitlines())
    assert "Traceback" not in server_of_tiny.log.read_text()
