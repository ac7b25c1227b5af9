"""Learning from mail: the classifier's training, the invented mail it needs, its model card. Never on the mail path."""
