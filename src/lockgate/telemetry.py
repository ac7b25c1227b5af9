"""Logs and metrics. Logs carry the message id and never message content, secrets or tokens."""

import logging
import sys

import structlog
from prometheus_client import Counter, Gauge, Histogram

MESSAGES = Counter("lockgate_messages_total", "Messages answered.", ["direction", "reply"])
RECIPIENTS = Counter("lockgate_recipients_total", "What became of a recipient.", ["direction", "state"])
VERDICTS = Counter("lockgate_verdicts_total", "Verdicts.", ["direction", "verdict"])
REFUSED = Counter("lockgate_refused_total", "Messages refused at the door.", ["why"])
SECONDS = Histogram("lockgate_message_seconds", "Time from end of data to reply.", ["direction"])
WORKERS_KILLED = Counter("lockgate_inspection_workers_killed_total", "Inspection workers killed or crashed.", ["why"])
MEMORY_HELD = Gauge("lockgate_message_bytes_held", "Message bytes in memory now.")


def configure_logging(level: str, form: str) -> None:
    """Route both structlog and the standard library to standard error, as text or as JSON lines."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]
    renderer: structlog.typing.Processor = (
        structlog.processors.JSONRenderer() if form == "json" else structlog.dev.ConsoleRenderer(colors=False)
    )
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(level.upper())),
        cache_logger_on_first_use=True,
    )
    stream = logging.StreamHandler(sys.stderr)
    stream.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [stream]
    root.setLevel(level.upper())
    for chatty in ("httpx", "httpcore", "msal", "alembic"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
