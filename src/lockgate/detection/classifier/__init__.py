"""The trained model: which features a message has, what each is worth, and how the worth is learnt."""
