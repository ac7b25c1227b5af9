"""The page of clicks on links of protected mail."""
