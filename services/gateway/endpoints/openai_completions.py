"""POST /v1/completions: legacy prompts, each of which is a chat request, and their answers as `text_completion` objects."""

from typing import Final

from libs.common.errors import BadRequest
from services.gateway.domain.request import Kind
from services.gateway.endpoints.openai_chat import OpenAIChat
from services.gateway.translate.completions import CompletionEvents, Prompts, completion, prompts_of
from services.gateway.translate.sse import DONE


class OpenAICompletions(OpenAIChat):
    """One prompt is served as a chat request; what is here puts several of them together."""

    kind: Kind = "completion"
    routes: tuple[str, ...] = ("/v1/completions",)
    end_of_stream = DONE

    def prompts(self, body: bytes) -> Prompts | None:
        """The chat bodies of a request's prompts; None for one with `messages`, which is a chat request. `BadRequest` names
        the field that is wrong.
        """
        try:
            return prompts_of(body)
        except RecursionError:
            raise BadRequest("The body is nested too deeply.", code="invalid_json") from None

    def join(self, bodies: list[bytes]) -> bytes:
        """One answer out of the chat answers to each prompt, in their order."""
        return completion(bodies)

    def events(self, index: int) -> CompletionEvents:
        """Turns the chat stream of the prompt at `index` into events of this format, all but the end of the stream."""
        return CompletionEvents(index)


OPENAI_COMPLETIONS: Final = OpenAICompletions()
