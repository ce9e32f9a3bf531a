"""What a web door takes of its peers, and how many of them, as far as the process has files for them."""

import resource
from dataclasses import dataclass
from typing import Final

_FILES_RESERVED: Final = 256  # for the ways out, the log, the bus and whatever libraries open


@dataclass(frozen=True)
class HttpLimits:
    """Bytes, counts and seconds of one server. `stall_seconds` bounds a peer that takes nothing of its answer."""

    head_bytes: int = 64 << 10
    headers: int = 100
    head_seconds: float = 10.0
    body_seconds: float = 30.0
    stall_seconds: float = 120.0
    connections: int = 4096

    def fitting(self) -> int:
        """Connections that this process has files for: as many again stay for the calls that they lead to."""
        files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
        return max(16, min(self.connections, (files - _FILES_RESERVED) // 2))


def raise_file_limit() -> None:
    """As many open files as the system lets this process have."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
