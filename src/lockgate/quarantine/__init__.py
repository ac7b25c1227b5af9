"""Quarantine: messages are searched, shown without danger, released once, deleted, expired; every act is audited."""
