"""What the router can be told."""

from libs.common.settings import CommonSettings


class RouterSettings(CommonSettings, frozen=True, kw_only=True):
    """Nothing of its own yet: everything about a decision travels with the request."""
