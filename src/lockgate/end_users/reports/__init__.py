"""Mail that people report: opened, judged anew, put beside what is like it, decided, and answered."""
