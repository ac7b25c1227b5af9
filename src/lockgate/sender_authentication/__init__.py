"""Who a sender provably is: Authentication-Results, SPF, DKIM, DMARC, ARC."""
