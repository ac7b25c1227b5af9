"""manage.office.com: the Office 365 Management Activity API."""
