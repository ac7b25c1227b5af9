"""The Exchange admin REST API of the simulated tenant: the cmdlets that products call through InvokeCommand."""
