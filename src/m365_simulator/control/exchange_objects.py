"""A look at, and a hand on, Exchange's configuration objects from outside: to check plans and to play the admin."""

from typing import Annotated

from fastapi import APIRouter, Body

from m365_simulator.control.json_values import JsonValue, Properties
from m365_simulator.control.lookup import tenant_named
from m365_simulator.world import World


def routes(world: World) -> APIRouter:
    """Objects by cmdlet noun; what is changed here is a change behind the product's back."""
    router = APIRouter()

    @router.get("/tenants/{tenant}/exchange/{noun}")
    def objects(tenant: str, noun: str) -> list[Properties]:
        """Every object of a noun (`TransportRule`, `InboundConnector`, ...)."""
        return list(tenant_named(world, tenant).exchange.objects.get(noun, {}).values())

    @router.put("/tenants/{tenant}/exchange/{noun}/{identity}", status_code=201)
    def put(tenant: str, noun: str, identity: str, values: Annotated[dict[str, JsonValue], Body()]) -> Properties:
        """Put in an object that no cmdlet makes, such as a blocked connector; one of that identity is replaced."""
        tenant_named(world, tenant).exchange.objects.setdefault(noun, {})[identity] = dict(values)
        return values

    @router.patch("/tenants/{tenant}/exchange/{noun}/{identity}")
    def change(tenant: str, noun: str, identity: str, values: Annotated[dict[str, JsonValue], Body()]) -> Properties:
        """Change properties of an object without any check, as another administrator might."""
        found = tenant_named(world, tenant).exchange.objects.get(noun, {}).get(identity)
        if found is None:
            raise LookupError(f"{noun} {identity}")
        found.update(values)
        return found

    @router.delete("/tenants/{tenant}/exchange/{noun}/{identity}", status_code=204)
    def delete(tenant: str, noun: str, identity: str) -> None:
        """Delete an object without any check."""
        if tenant_named(world, tenant).exchange.objects.get(noun, {}).pop(identity, None) is None:
            raise LookupError(f"{noun} {identity}")

    return router
