"""Graph and the Exchange admin API in the running simulation: real TLS, real consent and tokens, real mail flow."""

import base64
import email
import email.policy
import time
from dataclasses import dataclass
from email.message import EmailMessage
from typing import Any

import httpx
import pytest

from m365_simulator.identity.directory_roles import EXCHANGE_ADMINISTRATOR
from m365_simulator.seed import CONTOSO
from tests.m365_simulator.simulation import EXCHANGE_SCOPE, GRAPH_SCOPE, Application, Simulation
from tests.patience import PATIENCE

TOM, LENA = "tom.becker@contoso.example", "lena.vogel@contoso.example"
GRAPH_PERMISSIONS = ["User.Read.All", "Mail.ReadWrite", "Mail.Send", "RoleManagement.ReadWrite.Directory"]


@dataclass
class Tenant:
    """Calls with real tokens."""

    simulation: Simulation
    application: Application
    graph_token: str

    def graph(self, method: str, path: str, headers: dict[str, str] | None = None, **content: Any) -> httpx.Response:
        sent = {"Authorization": f"Bearer {self.graph_token}", **(headers or {})}
        url = f"{self.simulation.addresses['graph']}/v1.0{path}"
        return self.simulation.http.request(method, url, headers=sent, **content)

    def exchange(self, cmdlet: str, **parameters: Any) -> httpx.Response:
        token = self.simulation.app_token(self.application, EXCHANGE_SCOPE)
        return self.simulation.http.post(
            f"{self.simulation.addresses['exchange']}/adminapi/beta/{CONTOSO}/InvokeCommand",
            headers={"Authorization": f"Bearer {token}"},
            json={"CmdletInput": {"CmdletName": cmdlet, "Parameters": parameters}},
        )

    def arrived(self, user: str, subject: str) -> EmailMessage:
        """The message with this subject in the user's inbox, as MIME, once it is there."""
        deadline = time.monotonic() + PATIENCE
        path = f"/users/{user}/mailFolders/inbox/messages?$filter=subject eq '{subject}'&$select=id"
        while time.monotonic() < deadline:
            found = self.graph("GET", path).json()["value"]
            if found:
                mime = self.graph("GET", f"/users/{user}/messages/{found[0]['id']}/$value").content
                return email.message_from_bytes(mime, EmailMessage, policy=email.policy.default)
        raise AssertionError(f"no message '{subject}' for {user}")


@pytest.fixture
def tenant(simulation: Simulation) -> Tenant:
    """A consented application; it gives itself the Exchange administrator role through Graph."""
    application = simulation.register(
        {"Microsoft Graph": GRAPH_PERMISSIONS, "Office 365 Exchange Online": ["Exchange.ManageAsApp"]}
    )
    simulation.consent(application, GRAPH_SCOPE)
    simulation.consent(application, EXCHANGE_SCOPE)
    return Tenant(simulation, application, simulation.app_token(application, GRAPH_SCOPE))


def give_role(tenant: Tenant) -> httpx.Response:
    principals = tenant.simulation.world.tenants[CONTOSO].service_principals.values()
    own = next(item.id for item in principals if item.app_id == tenant.application.client_id)
    body = {"roleDefinitionId": EXCHANGE_ADMINISTRATOR, "principalId": own, "directoryScopeId": "/"}
    return tenant.graph("POST", "/roleManagement/directory/roleAssignments", json=body)


def test_exchange_opens_with_the_role_and_not_before(tenant: Tenant) -> None:
    assert tenant.exchange("Get-TransportRule").status_code == 401
    assert give_role(tenant).status_code == 201
    assert give_role(tenant).status_code == 400
    answer = tenant.exchange("New-InboundConnector", Name="in", SenderDomains=["*"])
    assert (answer.status_code, answer.json()["value"][0]["Name"]) == (200, "in")
    assert tenant.simulation.world.tenants[CONTOSO].audit[-1].body["Operation"] == "New-InboundConnector"


def test_pages_over_the_network(tenant: Tenant) -> None:
    answer = tenant.graph("GET", "/users?$top=5").json()
    link = answer["@odata.nextLink"]
    assert link.startswith(tenant.simulation.addresses["graph"])
    bearer = {"Authorization": f"Bearer {tenant.graph_token}"}
    assert len(tenant.simulation.http.get(link, headers=bearer).json()["value"]) == 5


def test_sent_as_json_and_delivered(tenant: Tenant) -> None:
    def people(*addresses: str) -> list[dict[str, Any]]:
        return [{"emailAddress": {"address": address, "name": "Vogel, Ä"}} for address in addresses]

    attachment = {
        "@odata.type": "#microsoft.graph.fileAttachment",
        "name": "a.bin",
        "contentType": "application/octet-stream",
        "contentBytes": base64.b64encode(bytes(range(256))).decode(),
    }
    message = {
        "subject": "Grüße",
        "body": {"contentType": "HTML", "content": "<b>ä</b>"},
        "toRecipients": people(LENA),
        "bccRecipients": people("yuki.tanaka@contoso.example"),
        "internetMessageHeaders": [{"name": "x-probe", "value": "42"}],
        "attachments": [attachment],
    }
    answer = tenant.graph("POST", f"/users/{TOM}/sendMail", json={"message": message})
    assert (answer.status_code, answer.content) == (202, b"")
    parsed = tenant.arrived(LENA, "Grüße")
    assert (parsed["x-probe"], parsed["bcc"]) == ("42", None)
    assert parsed["to"].addresses[0].display_name == "Vogel, Ä"
    (part,) = parsed.iter_attachments()
    assert part.get_content() == bytes(range(256))
    assert tenant.arrived("yuki.tanaka@contoso.example", "Grüße")["x-probe"] == "42"
    sent = tenant.graph("GET", f"/users/{TOM}/mailFolders/sentitems/messages?$select=subject").json()["value"]
    assert [item["subject"] for item in sent] == ["Grüße"]


def test_sent_as_mime_and_traced(tenant: Tenant) -> None:
    mime = f"From: {TOM}\nTo: {LENA}\nSubject: raw\nMessage-ID: <raw@contoso.example>\n\nbody\n".encode()
    headers = {"Content-Type": "text/plain"}
    answer = tenant.graph("POST", f"/users/{TOM}/sendMail", headers, content=base64.b64encode(mime))
    assert answer.status_code == 202
    assert tenant.arrived(LENA, "raw").get_content().strip() == "body"
    assert give_role(tenant).status_code == 201
    (row,) = tenant.exchange("Get-MessageTraceV2", RecipientAddress=[LENA]).json()["value"]
    assert (row["Status"], row["SenderAddress"]) == ("Delivered", TOM)
    assert row["MessageId"] == "<raw@contoso.example>"
    detail = {"MessageTraceId": row["MessageTraceId"], "RecipientAddress": LENA}
    steps = tenant.exchange("Get-MessageTraceDetailV2", **detail).json()["value"]
    assert steps[0]["Event"] == "Receive"
    assert steps[-1]["Event"] == "Deliver"


def test_fields_of_mime_that_the_mailbox_has_not_met_are_dropped(tenant: Tenant) -> None:
    path, headers = f"/users/{TOM}/sendMail", {"Content-Type": "text/plain"}

    def sent(subject: str) -> EmailMessage:
        mime = f"From: {TOM}\nTo: {LENA}\nSubject: {subject}\nX-Probe: 42\n\nbody\n".encode()
        assert tenant.graph("POST", path, headers, content=base64.b64encode(mime)).status_code == 202
        return tenant.arrived(LENA, subject)

    assert sent("a stranger")["x-probe"] is None
    fields = [{"name": "X-Probe", "value": "known"}]
    made = tenant.graph("POST", f"/users/{TOM}/messages", json={"subject": "x", "internetMessageHeaders": fields})
    assert made.status_code == 201
    gone = tenant.graph("POST", f"/users/{TOM}/messages/{made.json()['id']}/permanentDelete")
    assert gone.status_code == 204
    assert sent("an acquaintance")["x-probe"] == "42"
    assert not tenant.graph("GET", f"/users/{TOM}/mailFolders/drafts/messages").json()["value"]
    too_many = {"internetMessageHeaders": [{"name": f"x-{number}", "value": ""} for number in range(6)]}
    assert tenant.graph("POST", f"/users/{TOM}/messages", json=too_many).status_code == 400


def test_batch_over_the_network(tenant: Tenant) -> None:
    requests = [
        {"id": str(n), "method": "GET", "url": f"/users/{user}?$select=id"} for n, user in enumerate((TOM, LENA))
    ]
    answer = tenant.graph("POST", "/$batch", json={"requests": requests}).json()
    assert [item["status"] for item in answer["responses"]] == [200, 200]
