"""LiteLLM's list of models, as the providers that Promptly connects."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from deploy.state.litellm.names import BARE, KEYLESS, PREFIXES, Known
from deploy.state.litellm.report import Note, Report, note_for

_ENVIRONMENT: Final = "os.environ/"
_VARIABLE: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,127}\Z")


class Models:
    """Reads deployments; those of one provider, key and address are one provider here."""

    def __init__(self, report: Report) -> None:
        self._report = report
        self._providers: dict[tuple[str, str, str | None], dict[str, Any]] = {}
        self._credentials: dict[str, Mapping[str, Any]] = {}
        self.groups: dict[str, dict[str, int]] = {}  # the names that clients use, with models and weights

    def read(self, models: Any, credentials: Any) -> list[dict[str, Any]]:
        """The providers, in the form of a state file."""
        self._read_credentials(credentials)
        self._model_list(models)
        return _told_apart(list(self._providers.values()))

    def _model_list(self, models: Any) -> None:
        for path, entry in self._report.entries("model_list", models):
            for name in entry:
                if name not in ("model_name", "litellm_params", "model_info"):
                    self._report.remark(f"{path}.{name}", note_for("model_list", name))
            self._report.leaves(f"{path}.model_info", "model_info", entry.get("model_info"))
            params = entry.get("litellm_params")
            if not isinstance(params, dict):
                self._report.wrong(f"{path}.litellm_params", "names with values")
                continue
            self._model(path, entry.get("model_name"), params)

    def _model(self, path: str, alias: Any, params: Mapping[str, Any]) -> None:
        inner = f"{path}.litellm_params"
        credential = params.get("litellm_credential_name")
        own = {**self._credentials.get(str(credential), {}), **params}
        for name in params:
            if name not in (
                "model",
                "api_key",
                "api_base",
                "base_url",
                "custom_llm_provider",
                "litellm_credential_name",
                "weight",
            ):
                self._report.remark(f"{inner}.{name}", note_for("litellm_params", name))
        model = params.get("model")
        if not isinstance(model, str) or not model or model.startswith(_ENVIRONMENT):
            self._report.wrong(f"{inner}.model", "the name of a model")
            return
        prefix, name = _split(model, params.get("custom_llm_provider"))
        known = PREFIXES.get(prefix)
        if known is None:
            said = f"Promptly has no provider for LiteLLM's {prefix or 'provider of this model'}."
            todo = "Connect the maker's own API, or, where the server speaks OpenAI's API, connect it as openai_compatible."
            self._report.remark(f"{inner}.model", Note(said, todo))
            for field in ("api_key", "api_base", "base_url"):
                if field in params:
                    self._report.remark(f"{inner}.{field}", Note(said, todo))
            return
        self._connect(inner, prefix, known, name, own)
        if isinstance(alias, str) and "*" not in model:
            weight = params.get("weight")
            group = self.groups.setdefault(name if alias == model else alias, {})
            group[name] = group.get(name, 0) + (weight if isinstance(weight, int) and 0 < weight <= 1000 else 1)
        elif not isinstance(alias, str):
            self._report.wrong(f"{path}.model_name", "text")

    def _connect(self, inner: str, prefix: str, known: Known, name: str, params: Mapping[str, Any]) -> None:
        base_url = self._base_url(inner, prefix, known, params)
        provider = known.provider
        if provider == "openai" and base_url is not None:
            provider = "openai_compatible"
        if provider == "openai_compatible" and base_url is None:
            note = Note(
                "It does not say where the server is.", "Give api_base, or connect the server under `providers:`."
            )
            self._report.remark(f"{inner}.model", note)
            return
        if provider == "openai_compatible" and "*" in name:
            note = Note(
                "Promptly has to know which models such a server has.", "Write them under `models:` of the provider."
            )
            self._report.remark(f"{inner}.model", note)
        key = self._api_key(inner, prefix, known, params)
        found = self._providers.setdefault(
            (provider, key, base_url), {"provider": provider, "name": prefix, "api_key": key}
        )
        if base_url is not None:
            found["base_url"] = base_url
        if provider == "openai_compatible":
            models = found.setdefault("models", [])
            if "*" not in name and name not in models:
                models.append(name)

    def _base_url(self, inner: str, prefix: str, known: Known, params: Mapping[str, Any]) -> str | None:
        given = params.get("api_base") or params.get("base_url")
        if given is None:
            return known.base_url
        if not isinstance(given, str):
            self._report.wrong(f"{inner}.api_base", "an address")
            return known.base_url
        if (variable := _variable(given)) is not None:
            return f"env:{variable}"
        if re.match(r"https?://api\.openai\.com(/v1)?/?\Z", given) and known.provider == "openai":
            return None
        if set(given) & set("@?#"):
            self._report.remark(
                f"{inner}.api_base",
                Note(
                    "The address holds more than a host and a path, perhaps a secret.",
                    "Write it without, under `providers:`.",
                ),
            )
            return None
        if prefix in ("ollama", "ollama_chat") and not given.rstrip("/").endswith("/v1"):
            given = f"{given.rstrip('/')}/v1"
        if given.startswith("http://") or not re.match(r"https://[^/]+\.[a-z]", given):
            note = Note(
                "Promptly calls an address that is not public, or not https, only where the operator allows its host.",
                "List the host in PROMPTLY_ALLOWED_HOSTS of auth, gateway and alerts.",
            )
            self._report.remark(f"{inner}.api_base", note)
        return given

    def _api_key(self, inner: str, prefix: str, known: Known, params: Mapping[str, Any]) -> str:
        given = params.get("api_key")
        if given is None:
            if prefix in KEYLESS:
                note = Note("LiteLLM sends no key to it, and Promptly needs one.", f"Set {known.variable} to any text.")
                self._report.remark(f"{inner}.model", note)
            return f"env:{known.variable}"
        variable = _variable(given) if isinstance(given, str) else None
        if variable is None:
            note = Note(
                "The key stands in the file, and a state file holds none.",
                f"Set {known.variable} in the environment of `promptly apply`, with a new key if others may have read this one.",
            )
            self._report.remark(f"{inner}.api_key", note)
        return f"env:{variable or known.variable}"

    def _read_credentials(self, found: Any) -> None:
        for path, entry in self._report.entries("credential_list", found):
            values = entry.get("credential_values")
            if isinstance(values, dict) and isinstance(name := entry.get("credential_name"), str):
                self._credentials[name] = {k: v for k, v in values.items() if k in ("api_key", "api_base", "base_url")}
                for field in values:
                    if field not in self._credentials[name]:
                        self._report.remark(f"{path}.credential_values.{field}", note_for("litellm_params", field))
            else:
                self._report.wrong(path, "credential_name and credential_values")
            for field in entry:
                if field not in ("credential_name", "credential_values"):
                    self._report.remark(f"{path}.{field}", note_for("model_info", field))


def _told_apart(providers: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Names that are the same get a number; a server without models cannot be connected."""
    seen: dict[tuple[str, str], int] = {}
    found = []
    for provider in providers:
        if provider["provider"] == "openai_compatible" and not provider["models"]:
            continue
        at = (provider["provider"], provider["name"])
        seen[at] = seen.get(at, 0) + 1
        found.append(provider if seen[at] == 1 else {**provider, "name": f"{provider['name']}-{seen[at]}"})
    return found


def _split(model: str, named: Any) -> tuple[str, str]:
    """LiteLLM's provider, and the model as the provider calls it."""
    prefix, slash, rest = model.partition("/")
    if isinstance(named, str) and named:
        return named, rest if slash and prefix == named else model
    if slash:
        return prefix, rest
    return next((provider for start, provider in BARE.items() if model.startswith(start)), ""), model


def _variable(text: str) -> str | None:
    name = text.removeprefix(_ENVIRONMENT)
    return name if text.startswith(_ENVIRONMENT) and _VARIABLE.match(name) else None
