"""`lockgate`: one command, one sub-command per verb."""

import typer

from lockgate.commands.bench import bench_app
from lockgate.commands.certificates import certificates_app
from lockgate.commands.clicks import clicks_app
from lockgate.commands.detectors import detectors_app
from lockgate.commands.dlp import dlp_app
from lockgate.commands.doctor import doctor
from lockgate.commands.held_retention import letting_go, retention
from lockgate.commands.inspect import inspect
from lockgate.commands.logs import logs_app
from lockgate.commands.model import model_app
from lockgate.commands.notifications import notifications_app
from lockgate.commands.policy import policy_app
from lockgate.commands.quarantine import quarantine_app
from lockgate.commands.report import report_app
from lockgate.commands.reported import reported_app
from lockgate.commands.reputation import reputation_app
from lockgate.commands.serve import serve
from lockgate.commands.settings import settings_app
from lockgate.commands.tenant import tenant_app
from lockgate.commands.trace import trace_app

app = typer.Typer(help="Inline e-mail protection for Exchange Online.", no_args_is_help=True, add_completion=False)
app.command()(serve)
app.command()(inspect)
app.command()(doctor)
app.add_typer(detectors_app, name="detectors")
app.add_typer(model_app, name="model")
app.add_typer(tenant_app, name="tenant")
quarantine_app.command()(retention)
quarantine_app.command()(letting_go)
app.add_typer(quarantine_app, name="quarantine")
app.add_typer(trace_app, name="trace")
app.add_typer(clicks_app, name="clicks")
app.add_typer(logs_app, name="logs")
app.add_typer(reported_app, name="reported")
app.add_typer(policy_app, name="policy")
app.add_typer(dlp_app, name="dlp")
app.add_typer(report_app, name="report")
app.add_typer(reputation_app, name="reputation")
app.add_typer(notifications_app, name="notifications")
app.add_typer(certificates_app, name="certificates")
app.add_typer(settings_app, name="settings")
app.add_typer(bench_app, name="bench")
