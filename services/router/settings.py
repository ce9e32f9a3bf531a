"""What the router can be told."""

from libs.common.settings import CommonSettings


class RouterSettings(CommonSettings, frozen=True, kw_only=True):
    """What the router can be told. Without a model, prompts are not compared with others."""

    model_dir: str = "var/model"
    router_refresh_seconds: float = 60.0
    """How old what was learned of an organization may be, in seconds."""
