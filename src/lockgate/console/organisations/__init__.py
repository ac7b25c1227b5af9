"""Many organisations at once: who needs attention, which one is looked at, and what each wants kept."""
