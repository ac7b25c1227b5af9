"""How Microsoft Graph refuses: one body for all errors (microsoft-365.md §2.6)."""

from http import HTTPStatus

from starlette.responses import JSONResponse, Response

from m365_simulator.world import JsonValue, Properties, World, new_guid


class GraphError(Exception):
    """A request that is refused. `code` is Graph's word, e.g. `Request_ResourceNotFound`."""

    def __init__(
        self, status: int, code: str, message: str, headers: dict[str, str] | None = None, inner: str = ""
    ) -> None:
        super().__init__(message)
        self.status, self.code, self.message = status, code, message
        self.headers = headers or {}
        self.inner = inner


def bad_request(message: str, code: str = "Request_BadRequest") -> GraphError:
    """400."""
    return GraphError(HTTPStatus.BAD_REQUEST, code, message)


def not_found(what: str) -> GraphError:
    """404 of the directory."""
    text = f"Resource '{what}' does not exist or one of its queried reference-property objects are not present."
    return GraphError(HTTPStatus.NOT_FOUND, "Request_ResourceNotFound", text)


def item_not_found() -> GraphError:
    """404 of a mailbox."""
    return GraphError(HTTPStatus.NOT_FOUND, "ErrorItemNotFound", "The specified object was not found in the store.")


def denied() -> GraphError:
    """403 of the directory: a permission is missing."""
    text = "Insufficient privileges to complete the operation."
    return GraphError(HTTPStatus.FORBIDDEN, "Authorization_RequestDenied", text)


def access_denied() -> GraphError:
    """403 of a mailbox: a permission is missing."""
    return GraphError(HTTPStatus.FORBIDDEN, "ErrorAccessDenied", "Access is denied. Check credentials and try again.")


def body(world: World, error: GraphError, client_request_id: str) -> Properties:
    """The JSON body."""
    request_id = new_guid()
    inner: dict[str, JsonValue] = {
        "date": world.clock.now().strftime("%Y-%m-%dT%H:%M:%S"),
        "request-id": request_id,
        "client-request-id": client_request_id or request_id,
    }
    if error.inner:
        inner["code"] = error.inner
    return {"error": {"code": error.code, "message": error.message, "innerError": inner}}


def response(world: World, error: GraphError, client_request_id: str) -> Response:
    """The answer to a refused request."""
    return JSONResponse(body(world, error, client_request_id), error.status, error.headers)
