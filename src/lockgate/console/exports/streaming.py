"""An export as an answer: noted in the audit log, then sent while it is read."""

from collections.abc import Mapping

from fastapi.responses import StreamingResponse

from lockgate.console.logs import LOGS, ground_of
from lockgate.console.parts import ConsoleParts
from lockgate.model.access import Scope
from lockgate.model.saved_search import Log
from lockgate.reporting.exports import Form, note_export
from lockgate.storage.audit import Author


def exported(
    parts: ConsoleParts, author: Author, scope: Scope, log: Log, form: Form, sent: Mapping[str, str]
) -> StreamingResponse:
    """All that the search finds within these organisations. Raises InvalidInput before anything is sent."""
    searched, ground = LOGS[log], ground_of(parts, scope)
    asked = searched.filled(ground, sent)
    wanted = asked.wanted(scope)
    place = wanted.tenant_id or (next(iter(scope)) if scope is not None and len(scope) == 1 else "")
    note_export(parts.database, author, log, form, asked.fields(), place)
    headers = {"Content-Disposition": f'attachment; filename="lockgate-{log.value}.{form.value}"'}
    text = searched.export(ground, wanted, form)
    return StreamingResponse(text, media_type=form.media_type, headers=headers)
