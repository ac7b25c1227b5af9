"""Microsoft 365: the grant, the plan of every change to a tenant, its application, its proof, and the directory."""
