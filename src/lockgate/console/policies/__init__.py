"""Policies per organisation and direction: order, switches, editing with versions, and trying them on a message."""
