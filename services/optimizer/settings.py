"""What the optimizer can be told."""

from libs.common.settings import CommonSettings


class OptimizerSettings(CommonSettings, frozen=True, kw_only=True):
    """What the optimizer can be told. Of the model only the static table and the tokenizer are read; 8 KB are about 2,000 tokens."""

    model_dir: str = "var/model"
    optimizer_inline_bytes: int = 8_000
    """Messages of at most so many bytes are worked on at once, longer ones in a process of their own."""
    optimizer_workers: int = 2
    """Processes for long messages."""
    optimizer_worker_seconds: float = 3.0
    """A process that takes longer for one text is ended and replaced; a conversation that does is gone on with when it comes again."""
    optimizer_max_bytes: int = 8 << 20
    """Conversations of more bytes are sent as they are, and those that hold a message of more than 1,100,000."""
    optimizer_memo_bytes: int = 64_000_000
    """Bytes that each process remembers of what it has found out about texts, half of them of one organization."""
