"""A LiteLLM proxy's config.yaml as a state file, with a report of what has no counterpart. Pure: no variable is read, no key goes through.

Every value of the file is either used or in the report; none is dropped in silence.
"""

from typing import Any, Final

import msgspec

from deploy.state.litellm.aliases import Aliases
from deploy.state.litellm.models import Models
from deploy.state.litellm.options import Options
from deploy.state.litellm.report import Remark, Report, note_for
from libs.common.documents import Document, DocumentError

_PARTS: Final = ("model_list", "litellm_settings", "router_settings", "general_settings")


class Imported(msgspec.Struct, frozen=True, kw_only=True):
    """The state, as plain values in the form of a state file, and the report."""

    state: dict[str, Any]
    remarks: tuple[Remark, ...]


def imported(document: Document) -> Imported:
    """What a config.yaml says. `DocumentError` where it is none of LiteLLM's."""
    data, report = document.data, Report(document)
    if not any(part in data for part in _PARTS):
        raise DocumentError(f"This is no configuration of LiteLLM's: it has none of {', '.join(_PARTS)}.")
    models = Models(report)
    providers = models.read(data.get("model_list"), data.get("credential_list"))
    aliases = Aliases(report, models.groups).read(data)
    options = Options(report, data).read()
    for name in data:
        if name not in (*_PARTS, "credential_list"):
            report.remark(str(name), note_for("top", str(name)))
    parts = {"providers": providers, "aliases": aliases}
    state = {name: part for name, part in parts.items() if part} | options
    return Imported(state=state, remarks=tuple(report.remarks()))
