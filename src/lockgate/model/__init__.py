"""The vocabulary: frozen records and enumerations that every other package speaks. Imports nothing of ours."""
