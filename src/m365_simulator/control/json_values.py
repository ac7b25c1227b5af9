"""The JSON types of this API. pydantic needs its own spelling of the recursive type that `world` also declares."""

from pydantic import JsonValue

Properties = dict[str, JsonValue]

__all__ = ["JsonValue", "Properties"]
