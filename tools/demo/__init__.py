"""`make demo`: a simulated tenant, Lockgate, the grant through real pages, and real mail both ways."""
