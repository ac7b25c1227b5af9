"""Puts the console together: guards around, pages inside."""

from fastapi import FastAPI
from fastapi.routing import iter_route_contexts
from fastapi.staticfiles import StaticFiles

from lockgate import __version__
from lockgate.console import errors
from lockgate.console.account.routes import router as account
from lockgate.console.accounts.microsoft import router as accounts_microsoft
from lockgate.console.accounts.routes import router as accounts
from lockgate.console.api.branding import router as api_of_branding
from lockgate.console.api.clicks import router as api_of_clicks
from lockgate.console.api.exports import router as api_of_exports
from lockgate.console.api.facets import router as api_of_facets
from lockgate.console.api.header_rules import router as api_of_header_rules
from lockgate.console.api.held_messages import router as api_of_held_messages
from lockgate.console.api.high_profile import router as api_of_high_profile
from lockgate.console.api.logs import router as api_of_logs
from lockgate.console.api.notifications import router as api_of_notifications
from lockgate.console.api.overview import router as api_of_overview
from lockgate.console.api.policies import router as api_of_policies
from lockgate.console.api.policy_coverage import router as api_of_policy_coverage
from lockgate.console.api.policy_trials import router as api_of_policy_trials
from lockgate.console.api.pull_backs import router as api_of_pull_backs
from lockgate.console.api.reported_mail import router as api_of_reported_mail
from lockgate.console.api.reports import router as api_of_reports
from lockgate.console.api.retention import router as api_of_retention
from lockgate.console.api.routes import router as api
from lockgate.console.api.saved_searches import router as api_of_saved_searches
from lockgate.console.api.tuning import router as api_of_tuning
from lockgate.console.audit.routes import router as audit
from lockgate.console.certificates.routes import router as certificates
from lockgate.console.clicks.routes import router as clicks
from lockgate.console.dashboard.routes import router as dashboard
from lockgate.console.data_loss.cases import router as data_loss_cases
from lockgate.console.data_loss.routes import router as data_loss
from lockgate.console.detectors.routes import router as detectors
from lockgate.console.doctor.routes import router as doctor
from lockgate.console.end_users.by_link import router as by_link
from lockgate.console.end_users.own import router as own_quarantine
from lockgate.console.end_users.reviewing import router as reviewing
from lockgate.console.end_users.rights import router as end_users
from lockgate.console.exports.routes import router as exports
from lockgate.console.first_run.routes import router as first_run
from lockgate.console.grant.routes import router as grant
from lockgate.console.guard.requests import RequestLimits
from lockgate.console.guard.responses import ResponseHeaders
from lockgate.console.header_rules.routes import router as header_rules
from lockgate.console.high_profile.routes import router as high_profile
from lockgate.console.lists.routes import router as lists
from lockgate.console.machine.routes import router as machine
from lockgate.console.notifications.organisation import router as notices
from lockgate.console.notifications.routes import router as notifications
from lockgate.console.notifications.words import router as notice_words
from lockgate.console.organisations.routes import router as organisations
from lockgate.console.own_rules.routes import router as own_rules
from lockgate.console.parts import ConsoleParts
from lockgate.console.policies.adding import router as policy_adding
from lockgate.console.policies.coverage import router as policy_coverage
from lockgate.console.policies.editing import router as policy_editing
from lockgate.console.policies.routes import router as policies
from lockgate.console.policies.shadow import router as policy_shadow
from lockgate.console.policies.trial import router as policy_trial
from lockgate.console.policies.versions import router as policy_versions
from lockgate.console.quarantine.acts import router as quarantine_acts
from lockgate.console.quarantine.routes import router as quarantine
from lockgate.console.rendering import CONSOLE, environment
from lockgate.console.reported_mail.routes import router as reported_mail
from lockgate.console.reports.routes import router as reports
from lockgate.console.risk.routes import router as risk
from lockgate.console.saved_searches.routes import router as saved_searches
from lockgate.console.service_accounts.routes import router as service_accounts
from lockgate.console.settings.routes import router as settings
from lockgate.console.sign_in.microsoft import router as microsoft_sign_in
from lockgate.console.sign_in.routes import router as sign_in
from lockgate.console.tokens.routes import router as tokens
from lockgate.console.trace.routes import router as trace
from lockgate.console.verification.routes import router as verification

API = (
    api_of_facets, api_of_exports, api_of_logs, api, api_of_clicks, api_of_header_rules, api_of_high_profile,
    api_of_tuning, api_of_policies, api_of_policy_coverage, api_of_policy_trials, api_of_held_messages,
    api_of_pull_backs, api_of_reported_mail, api_of_reports, api_of_overview, api_of_notifications, api_of_branding,
    api_of_retention, api_of_saved_searches,
)  # fmt: skip
ROUTERS = (
    sign_in, microsoft_sign_in, first_run, dashboard, risk, organisations, trace, clicks, quarantine, quarantine_acts,
    reported_mail, policies, policy_trial, policy_shadow, policy_versions, policy_adding, policy_coverage,
    policy_editing, detectors, own_rules, lists, header_rules, high_profile, data_loss_cases, data_loss, exports,
    saved_searches, grant, service_accounts,
    verification, doctor, notifications, notices, notice_words, end_users, by_link, reviewing, own_quarantine, audit,
    settings, certificates, account, accounts, accounts_microsoft, tokens, reports, machine, *API,
)  # fmt: skip


def create_app(parts: ConsoleParts) -> FastAPI:
    """The whole console over `parts`; run it with uvicorn on one process."""
    app = FastAPI(title="Lockgate", version=__version__, docs_url=None, redoc_url=None, openapi_url=None)
    app.state.parts = parts
    app.state.templates = environment()
    for router in ROUTERS:
        app.include_router(router, include_in_schema=router in API)
    app.mount("/static", StaticFiles(directory=CONSOLE / "static"), name="static")
    errors.install(app)
    app.add_middleware(RequestLimits, host=parts.host)
    app.add_middleware(ResponseHeaders, parts=parts)
    _build_routes(app)
    return app


def _build_routes(app: FastAPI) -> None:
    """Now, and not while the first visitors wait: FastAPI builds an included router when a request first comes to it,
    on the event loop, which takes half a second of processor time for all of ours.
    """
    for _ in iter_route_contexts(app.routes):
        pass
