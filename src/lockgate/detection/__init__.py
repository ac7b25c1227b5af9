"""Judgement: a message and the facts about it become a report. Pure; no input, output, clock or network."""
