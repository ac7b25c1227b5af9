"""What of a text is beyond ASCII: little of most texts, so that rare characters are found in it more quickly."""

_ASCII = bytes(range(128))


def beyond_ascii(text: str) -> str:
    """The characters that are not ASCII, in their order."""
    if text.isascii():
        return ""
    return text.encode("utf-8", "surrogatepass").translate(None, _ASCII).decode("utf-8", "surrogatepass")
