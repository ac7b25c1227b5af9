"""Every kind of fault does what coverage.md says, counts down, and shows in the history."""

import time

import httpx
import pytest

from m365_simulator.seed import CONTOSO
from tests.m365_simulator.simulation import Simulation


def arm(simulation: Simulation, kind: str, match: str = "*", **parameters: object) -> None:
    body = {"surface": "login", "kind": kind, "match": match, "parameters": parameters}
    simulation.control("POST", "/faults", body)


def get_keys(simulation: Simulation) -> httpx.Response:
    return simulation.http.get(f"{simulation.addresses['login']}/{CONTOSO}/discovery/v2.0/keys")


def test_status_answers_what_it_is_told_once(simulation: Simulation) -> None:
    arm(simulation, "status", status=503, body={"error": {"code": "busy"}}, headers={"Retry-After": "7"})
    broken = get_keys(simulation)
    assert (broken.status_code, broken.json(), broken.headers["retry-after"]) == (
        503,
        {"error": {"code": "busy"}},
        "7",
    )
    assert get_keys(simulation).status_code == 200
    (first, second) = simulation.control("GET", "/history?surface=login").json()
    assert (first["status"], first["detail"]["fault"], second["status"]) == (503, "status", 200)


def test_throttle_says_when_to_come_back(simulation: Simulation) -> None:
    arm(simulation, "throttle", retry_after=3)
    answer = get_keys(simulation)
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "3")


def test_an_empty_403_is_really_empty(simulation: Simulation) -> None:
    arm(simulation, "empty-403")
    answer = get_keys(simulation)
    assert (answer.status_code, answer.content) == (403, b"")


def test_garbage_is_a_success_that_is_no_json(simulation: Simulation) -> None:
    arm(simulation, "garbage")
    answer = get_keys(simulation)
    assert answer.status_code == 200
    with pytest.raises(ValueError, match="Expecting"):
        answer.json()


@pytest.mark.parametrize("kind", ["drop", "drop-mid-response", "lose-response"])
def test_connections_are_really_cut(simulation: Simulation, kind: str) -> None:
    arm(simulation, kind)
    with pytest.raises(httpx.TransportError):
        get_keys(simulation)
    assert get_keys(simulation).status_code == 200


def test_a_lost_response_took_effect(simulation: Simulation) -> None:
    application = simulation.register({"Microsoft Graph": ["User.Read"]})
    browser = simulation.browser()
    page = simulation.sign_in(browser, simulation.consent_url(application))
    arm(simulation, "lose-response", "*adminconsent*")
    with pytest.raises(httpx.TransportError):
        browser.submit(page, "#consent-form", "#accept")
    assert len(simulation.world.tenants[CONTOSO].service_principals) == 1


@pytest.mark.parametrize(("kind", "made"), [("never-act", 0), ("never-answer", 1)])
def test_a_client_that_gives_up_waiting_does_not_know_whether_it_was_done(
    simulation: Simulation, kind: str, made: int
) -> None:
    application = simulation.register({"Microsoft Graph": ["User.Read"]})
    browser = simulation.browser()
    page = simulation.sign_in(browser, simulation.consent_url(application))
    arm(simulation, kind, "*adminconsent*")
    browser.client.timeout = httpx.Timeout(0.3)
    with pytest.raises(httpx.ReadTimeout):
        browser.submit(page, "#consent-form", "#accept")
    assert len(simulation.world.tenants[CONTOSO].service_principals) == made


def test_delay_holds_the_answer_back(simulation: Simulation) -> None:
    arm(simulation, "delay", seconds=0.3)
    start = time.monotonic()
    assert get_keys(simulation).status_code == 200
    assert time.monotonic() - start >= 0.3


def test_a_fault_matches_by_glob_and_only_its_surface(simulation: Simulation) -> None:
    arm(simulation, "empty-403", "*/oauth2/v2.0/token")
    assert get_keys(simulation).status_code == 200
    assert simulation.http.get(simulation.addresses["portal"]).status_code == 200
    url = f"{simulation.addresses['login']}/{CONTOSO}/oauth2/v2.0/token"
    assert simulation.http.post(url).status_code == 403
    (fault,) = simulation.control("GET", "/faults").json()
    assert fault["remaining"] == 0
    simulation.control("DELETE", "/faults")
    assert simulation.control("GET", "/faults").json() == []


def test_the_history_keeps_no_secrets(simulation: Simulation) -> None:
    application = simulation.register({"Microsoft Graph": ["User.Read"]})
    simulation.consent(application)
    simulation.app_token(application, "https://graph.microsoft.com/.default")
    history = simulation.control("GET", "/history").text
    assert "Contoso-demo-1" not in history and '"passwd":"***"' in history.replace(" ", "")
    (call,) = simulation.control("GET", "/history?target=*/oauth2/v2.0/token").json()
    assert call["detail"]["body"]["client_assertion"] == "***" and call["tenant_id"] == CONTOSO


def test_a_fault_of_an_unknown_kind_cannot_be_armed(simulation: Simulation) -> None:
    body = {"surface": "login", "kind": "meteorite"}
    response = simulation.http.post(simulation.addresses["control"] + "/_control/faults", json=body)
    assert response.status_code == 400 and "meteorite" in response.text
