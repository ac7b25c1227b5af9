"""Reports: the dashboard's numbers of some whole days, as a page and as a PDF, on request or by a plan."""
