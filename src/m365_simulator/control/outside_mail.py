"""Mail from the simulated Internet into the tenants, sent by request."""

import base64
import binascii

from fastapi import APIRouter, HTTPException
from pydantic import BaseModel

from m365_simulator.control.json_values import Properties
from m365_simulator.internet.sender import OutsideMail, send_from_outside
from m365_simulator.settings import Settings
from m365_simulator.world import World


class NewOutsideMail(BaseModel):
    """One message; without `client_ip` it comes from the address of its sender's domain."""

    mail_from: str
    recipients: list[str]
    content_base64: str
    client_ip: str = ""
    helo: str = ""
    smtputf8: bool = False
    body: str = "8BITMIME"


def routes(world: World, settings: Settings) -> APIRouter:
    """One route."""
    router = APIRouter()

    @router.post("/internet")
    async def send(new: NewOutsideMail) -> list[Properties]:
        """Hand a message to the tenants' mail exchanger over real SMTP; an outcome per recipient."""
        try:
            content = base64.b64decode(new.content_base64, validate=True)
        except binascii.Error as error:
            raise HTTPException(400, "content_base64 is not base64") from error
        mail = OutsideMail(
            mail_from=new.mail_from,
            recipients=new.recipients,
            content=content,
            client_ip=new.client_ip,
            helo=new.helo,
            smtputf8=new.smtputf8,
            body=new.body,
        )
        outcomes = await send_from_outside(world, (settings.host, settings.ports.mx), mail)
        return [{"recipient": item.recipient.address, "code": item.code, "reply": item.reply} for item in outcomes]

    return router
