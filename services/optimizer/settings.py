"""What the optimizer can be told."""

from libs.common.settings import CommonSettings


class OptimizerSettings(CommonSettings, frozen=True, kw_only=True):
    """`model_dir` is what `python -m libs.common.embedding <dir>` made; only its static table and tokenizer are read.

    `optimizer_thread_over_bytes` is the size of a message array above which a thread works on it (32 KB is about
    8,000 tokens); `optimizer_memo_entries` bounds how many rewritten messages are remembered.
    """

    model_dir: str = "var/model"
    optimizer_thread_over_bytes: int = 32_000
    optimizer_memo_entries: int = 4_096
