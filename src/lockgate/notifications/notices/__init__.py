"""An organisation's own notifications of what became of mail: rules, texts with tokens, and letters that end."""
