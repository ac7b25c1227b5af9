"""Errors of the identity platform: AADSTS codes, the OAuth word and HTTP status that go with each, and their body.

The codes and their classes are those of Microsoft's error reference (microsoft-365.md §1.7); 700021, 700023,
700024, 500112 and 501481 are known from real answers only. The sentences are ours: clients must not read them.
"""

from dataclasses import dataclass

from m365_simulator.world import JsonValue, Properties, World, new_guid

# code: OAuth error, HTTP status at the token endpoint, sentence
_CODES: dict[int, tuple[str, int, str]] = {
    28003: ("invalid_scope", 400, "The scope parameter is empty."),
    28000: ("invalid_scope", 400, "Scopes of more than one resource were asked for: {detail}."),
    50011: ("invalid_request", 400, "The redirect URI '{detail}' is not one of those registered."),
    50020: ("invalid_grant", 400, "The account '{detail}' does not exist in this tenant."),
    50034: ("invalid_grant", 400, "The account {detail} does not exist."),
    50057: ("invalid_grant", 400, "The account is disabled."),
    50058: ("login_required", 400, "Nobody is signed in, and the request forbids asking."),
    50126: ("invalid_grant", 400, "The user name or password is wrong."),
    50027: ("invalid_request", 400, "The client assertion is not a valid JWT: {detail}."),
    53003: ("invalid_grant", 400, "Access has been blocked by a Conditional Access policy: {detail}."),
    54005: ("invalid_grant", 400, "The authorization code was redeemed already."),
    65001: ("invalid_grant", 400, "The user or administrator has not consented to the application {detail}."),
    65004: ("consent_required", 400, "The user declined to consent to the application."),
    650056: ("invalid_client", 400, "The application is misconfigured: {detail}."),
    650057: ("invalid_resource", 400, "The resource {detail} is not listed in the application's registration."),
    70000: ("invalid_grant", 400, "The authorization code is malformed or not known."),
    70003: ("unsupported_grant_type", 400, "The grant type '{detail}' is not supported."),
    70008: ("invalid_grant", 400, "The authorization code has expired."),
    70011: ("invalid_scope", 400, "The scope '{detail}' is not valid."),
    90002: ("invalid_request", 400, "Tenant '{detail}' was not found."),
    90014: ("invalid_request", 400, "The field '{detail}' is missing."),
    90094: ("access_denied", 400, "An administrator has to consent to what the application asks for."),
    500011: ("invalid_resource", 400, "The resource principal named {detail} was not found in the tenant."),
    500112: ("invalid_grant", 400, "The redirect URI differs from the one the code was asked for with."),
    501481: ("invalid_grant", 400, "The code_verifier does not fit the code_challenge."),
    700016: ("unauthorized_client", 400, "Application with identifier '{detail}' was not found in the directory."),
    700021: ("invalid_client", 401, "Issuer or subject of the client assertion is not the client id."),
    700023: ("invalid_client", 401, "The audience of the client assertion is not this token endpoint."),
    700024: ("invalid_client", 401, "The client assertion is outside its time of validity: {detail}."),
    700027: ("invalid_client", 401, "The client assertion is not signed by a registered certificate: {detail}."),
    700005: ("invalid_grant", 400, "The authorization code was issued to another client or tenant."),
    7000112: ("unauthorized_client", 400, "Application '{detail}' is disabled."),
    7000222: ("invalid_client", 401, "The registered certificate has expired: {detail}."),
    7000215: ("invalid_client", 401, "The client secret is not valid for application '{detail}'."),
    7000218: ("invalid_client", 401, "The request carries neither client_assertion nor client_secret."),
    900023: ("invalid_request", 400, "'{detail}' is neither a tenant id nor a domain name."),
    900144: ("invalid_request", 400, "The request must contain the parameter '{detail}'."),
    900971: ("invalid_request", 400, "The application has no redirect URI."),
    9001023: ("invalid_request", 400, "The grant type is not supported on '{detail}'; name the tenant."),
    9002313: ("invalid_request", 400, "The request is malformed: {detail}."),
}


@dataclass
class IdentityError(Exception):
    """A refusal with an AADSTS code. `detail` fills the sentence."""

    code: int
    detail: str = ""

    @property
    def error(self) -> str:
        """The OAuth error word."""
        return _CODES[self.code][0]

    @property
    def status(self) -> int:
        """The HTTP status of the token endpoint."""
        return _CODES[self.code][1]

    @property
    def sentence(self) -> str:
        """Code and sentence, without the trace ids."""
        return f"AADSTS{self.code}: {_CODES[self.code][2].format(detail=self.detail)}"


def error_body(world: World, refusal: IdentityError, correlation_id: str = "") -> Properties:
    """The JSON body of the token endpoint for a refusal."""
    trace, correlation = new_guid(), correlation_id or new_guid()
    timestamp = world.clock.now().strftime("%Y-%m-%d %H:%M:%SZ")
    description = f"{refusal.sentence} Trace ID: {trace} Correlation ID: {correlation} Timestamp: {timestamp}"
    codes: list[JsonValue] = [refusal.code]
    body: Properties = {
        "error": refusal.error,
        "error_description": description,
        "error_codes": codes,
        "timestamp": timestamp,
        "trace_id": trace,
        "correlation_id": correlation,
        "error_uri": f"https://login.microsoftonline.com/error?code={refusal.code}",
    }
    if refusal.code == 65001:
        body["suberror"] = "consent_required"
    return body
