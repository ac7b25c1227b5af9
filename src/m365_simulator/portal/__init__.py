"""entra.microsoft.com: the pages on which a person gives directory roles and looks at applications."""
