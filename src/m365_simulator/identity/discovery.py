"""Metadata: OpenID configuration per tenant or shared authority, signing keys, and instance discovery."""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from m365_simulator.identity.requests import SHARED_AUTHORITIES, login_of, tenant_in_path
from m365_simulator.identity.tokens import published_keys
from m365_simulator.world import Properties


async def openid_configuration(request: Request) -> Response:
    """OpenID Connect Discovery; a shared authority answers the `{tenantid}` template as issuer."""
    login = login_of(request)
    tenant = tenant_in_path(request)
    name = tenant.id if tenant is not None else str(request.path_params["tenant"])
    root = f"{login.url}/{name}"
    document: Properties = {
        "issuer": f"{login.url}/{tenant.id if tenant is not None else '{tenantid}'}/v2.0",
        "authorization_endpoint": f"{root}/oauth2/v2.0/authorize",
        "token_endpoint": f"{root}/oauth2/v2.0/token",
        "jwks_uri": f"{root}/discovery/v2.0/keys",
        "token_endpoint_auth_methods_supported": ["client_secret_post", "private_key_jwt"],
        "response_modes_supported": ["query", "fragment", "form_post"],
        "response_types_supported": ["code", "id_token", "code id_token"],
        "subject_types_supported": ["pairwise"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "scopes_supported": ["openid", "profile", "email", "offline_access"],
        "claims_supported": ["sub", "iss", "aud", "exp", "iat", "nonce", "preferred_username", "name", "tid"],
        "request_uri_parameter_supported": False,
        "tenant_region_scope": "EU",
        "cloud_instance_name": "microsoftonline.com",
        "msgraph_host": "graph.microsoft.com",
    }
    return JSONResponse(document)


async def keys(request: Request) -> Response:
    """The public keys that verify every token of the simulation."""
    tenant_in_path(request)
    return JSONResponse(published_keys(login_of(request).world))


async def instance_discovery(request: Request) -> Response:
    """Tells a client that this host is an authority of its own cloud, and where a tenant's metadata is."""
    login = login_of(request)
    endpoint = request.query_params.get("authorization_endpoint", "")
    tenant = next((part for part in endpoint.removeprefix(login.url).split("/") if part), SHARED_AUTHORITIES[0])
    host = login.url.removeprefix("https://")
    document: Properties = {
        "tenant_discovery_endpoint": f"{login.url}/{tenant}/v2.0/.well-known/openid-configuration",
        "api-version": request.query_params.get("api-version", "1.1"),
        "metadata": [{"preferred_network": host, "preferred_cache": host, "aliases": [host]}],
    }
    return JSONResponse(document)
