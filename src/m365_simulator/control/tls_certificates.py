"""Certificates of the simulation's authority for others: the gateway's host name, for example."""

from fastapi import APIRouter
from pydantic import BaseModel

from m365_simulator.certificates import Certificates


class NewCertificate(BaseModel):
    """DNS names or addresses; the first is the subject."""

    names: list[str]


def routes(certificates: Certificates) -> APIRouter:
    """One route."""
    router = APIRouter()

    @router.post("/certificates", status_code=201)
    def issue(new: NewCertificate) -> dict[str, str]:
        """A certificate with its chain, its key, and the authority, all PEM."""
        if not new.names:
            raise ValueError("names must not be empty")
        certificate, key = certificates.issue(new.names)
        return {
            "certificate_pem": certificate.read_text(),
            "key_pem": key.read_text(),
            "ca_pem": certificates.ca_path.read_text(),
        }

    return router
