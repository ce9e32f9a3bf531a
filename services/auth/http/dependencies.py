"""What handlers take by parameter name: parts of the application, the decoded body, the decoded query string."""

from typing import Any, TypeAlias, TypeVar

import msgspec
from litestar import Request
from litestar.di import NamedDependency, Provide
from litestar.params import SkipValidation
from litestar.typing import FieldDefinition

from services.auth.http.request import decode_body, decode_query

T = TypeVar("T")

# Unchecked by the framework, because the parts are ours and some of them are Protocols.
Injected: TypeAlias = NamedDependency[SkipValidation[T]]
# The parameter has to be called `payload`. The struct, or the struct or None where the body may be missing.
Payload: TypeAlias = NamedDependency[SkipValidation[T]]
# The parameter has to be called `params`. The struct of the query string.
Params: TypeAlias = NamedDependency[SkipValidation[T]]


async def _payload(request: Request[Any, Any, Any]) -> Any:
    parameter = request.route_handler.parsed_fn_signature.parameters["payload"]
    if parameter.is_optional and not await request.body():
        return None
    return await decode_body(request, struct_of(parameter))


async def _params(request: Request[Any, Any, Any]) -> Any:
    return decode_query(request, struct_of(request.route_handler.parsed_fn_signature.parameters["params"]))


def struct_of(parameter: FieldDefinition) -> type[msgspec.Struct]:
    """The struct that a handler's parameter is annotated with, optional or not."""
    inner = [one.annotation for one in parameter.inner_types if parameter.is_optional and not one.is_none_type]
    found: type[msgspec.Struct] = inner[0] if inner else parameter.annotation
    return found


# A handler's own signature says which structs it takes; the document is derived from the same signature.
DECODED = {"payload": Provide(_payload), "params": Provide(_params)}
