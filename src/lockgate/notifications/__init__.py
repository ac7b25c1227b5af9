"""Mail of Lockgate's own: telling administrators, and the transport and templates for whatever else is written."""
