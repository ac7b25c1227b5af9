"""The one place where errors become HTTP answers: a sentence for people, JSON for programs, the cause for the log."""

from urllib.parse import quote

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.exceptions import HTTPException

from lockgate.console.guard.refusals import Forged, NotAllowed, NotThere, SignInNeeded
from lockgate.console.rendering import asked_by_htmx
from lockgate.model.errors import InvalidInput, LockgateError, PermanentError, TemporaryError, TooOften

log = structlog.get_logger()
API = "/api/"
FOR_PROGRAMS = (API, "/metrics")
SURPRISE = "Something went wrong on our side. It is in the log; try again, and tell whoever runs Lockgate if it stays."
HEADLINES = {
    400: "This request cannot be used",
    401: "Sign in first",
    403: "Not for this account",
    404: "There is nothing here",
    405: "This address is used in another way",
    413: "That is too much at once",
    429: "Too often",
    503: "Not at this moment",
}


def install(app: FastAPI) -> None:
    """Let every error of `app` be answered here."""
    app.add_exception_handler(LockgateError, _ours)
    app.add_exception_handler(HTTPException, _framework)
    app.add_exception_handler(RequestValidationError, _validation)
    app.add_exception_handler(Exception, _surprise)


def status_of(error: LockgateError) -> int:
    """The HTTP status of an error of ours."""
    match error:
        case SignInNeeded():
            return 401
        case NotAllowed() | Forged():
            return 403
        case NotThere():
            return 404
        case InvalidInput():
            return 400
        case TooOften():
            return 429
        case TemporaryError():
            return 503
        case PermanentError():
            return 409
        case _:
            return 500


async def _ours(request: Request, error: Exception) -> Response:
    assert isinstance(error, LockgateError)  # noqa: S101 - registered for this type only
    status = status_of(error)
    if isinstance(error, SignInNeeded) and not request.url.path.startswith(FOR_PROGRAMS):
        return _to_sign_in(request)
    if status >= 500:
        log.error("a request failed", path=request.url.path, status=status, cause=str(error))
    return answer(request, status, SURPRISE if status == 500 else str(error))


async def _framework(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - registered for this type only
    if request.url.path.startswith(API):
        return answer(request, error.status_code, str(error.detail), error.headers)
    sentence = {
        404: "The address is wrong, or what it names is not kept any more.",
        405: "Go back and use the buttons of the page.",
    }.get(error.status_code, str(error.detail))
    return answer(request, error.status_code, sentence, error.headers)


async def _validation(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - registered for this type only
    problems = [f"'{'.'.join(str(step) for step in one['loc'][1:])}': {one['msg']}" for one in error.errors()]
    return answer(request, 422 if request.url.path.startswith(API) else 400, "; ".join(problems)[:500] + ".")


async def _surprise(request: Request, error: Exception) -> Response:
    log.error("a request failed", path=request.url.path, exc_info=error)
    return answer(request, 500, SURPRISE)


def answer(request: Request, status: int, sentence: str, headers: object = None) -> Response:
    """The sentence in the form that whoever asked can use."""
    extra = dict(headers) if isinstance(headers, dict) else {}
    if request.url.path.startswith(FOR_PROGRAMS):
        if status == 401:
            extra["WWW-Authenticate"] = "Bearer"
        return JSONResponse({"error": sentence}, status, extra)
    if asked_by_htmx(request):
        template = "layout/failed_request.html"
    elif "text/html" in request.headers.get("accept", ""):
        template = "layout/error.html"
    else:
        return PlainTextResponse(sentence + "\n", status, extra)
    headline = HEADLINES.get(status, "Something went wrong")
    html = request.app.state.templates.get_template(template).render(headline=headline, sentence=sentence)
    return HTMLResponse(html, status, extra)


def _to_sign_in(request: Request) -> Response:
    if request.url.path == "/mine" or request.url.path.startswith("/mine/"):
        return RedirectResponse("/mine/sign-in", status_code=303)  # of the people whose mail is held
    if asked_by_htmx(request):
        return Response(status_code=204, headers={"HX-Redirect": "/sign-in"})
    wanted = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    back = f"?next={quote(wanted)}" if request.method == "GET" and wanted != "/" else ""
    return RedirectResponse(f"/sign-in{back}", status_code=303)
