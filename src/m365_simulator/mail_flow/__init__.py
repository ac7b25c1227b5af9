"""How mail moves in the simulated tenant: reception, rules, connectors, queues and final delivery on real SMTP."""
