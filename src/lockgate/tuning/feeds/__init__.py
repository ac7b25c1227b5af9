"""Lists from elsewhere: plain files, MISP exports, STIX 2.1 bundles, TAXII 2.1 collections."""
