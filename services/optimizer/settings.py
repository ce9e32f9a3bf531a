"""What the optimizer can be told."""

from libs.common.settings import CommonSettings


class OptimizerSettings(CommonSettings, frozen=True, kw_only=True):
    """`model_dir` is what `python -m libs.common.embedding <dir>` made; only its static table and tokenizer are read.

    Messages of `optimizer_inline_bytes` and fewer are worked on at once (8 KB is about 2,000 tokens), longer ones in one of
    `optimizer_workers` processes, which is ended and replaced where one text takes it more than `optimizer_worker_seconds`;
    a conversation that takes longer is gone on with when it comes again. More than `optimizer_max_bytes` are sent as they are.
    Each process remembers at most `optimizer_memo_bytes` of what it has found out about texts, a fourth of them for one organization.
    """

    model_dir: str = "var/model"
    optimizer_inline_bytes: int = 8_000
    optimizer_workers: int = 2
    optimizer_worker_seconds: float = 3.0
    optimizer_max_bytes: int = 1_100_000
    optimizer_memo_bytes: int = 64_000_000
