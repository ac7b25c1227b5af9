"""Mail that people have reported: the queue, and one report with everything needed to decide."""
