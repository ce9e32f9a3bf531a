"""`python -m libs.common.embedding <dir>`: prepare the embedding model."""

import sys

from libs.common.embedding.setup import prepare

if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python -m libs.common.embedding <directory>")
    sys.stdout.write(f"{prepare(sys.argv[1])}\n")
