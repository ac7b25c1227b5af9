"""The grant, step by step: settings to check, policy, consent, role, consent, first sync; then the plan."""
