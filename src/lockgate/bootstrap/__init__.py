"""The composition root: the only place that knows every part, builds each once and hands it to those who need it."""
