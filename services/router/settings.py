"""What the router can be told."""

from libs.common.settings import CommonSettings


class RouterSettings(CommonSettings, frozen=True, kw_only=True):
    """`model_dir` is what `python -m libs.common.embedding <dir>` made; without it, prompts are not compared with others.
    `router_refresh_seconds` is how old what was learned of an organization may be.
    """

    model_dir: str = "var/model"
    router_refresh_seconds: float = 60.0
