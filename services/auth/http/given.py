"""How a route asks for a part of the application."""

from typing import TypeAlias, TypeVar

from litestar.di import NamedDependency
from litestar.params import SkipValidation

T = TypeVar("T")

# By the parameter's name. Unchecked, because the parts are ours, and some of them are Protocols.
Given: TypeAlias = NamedDependency[SkipValidation[T]]
