"""Ready configurations of PBXs for a SIP profile: templates as data, one folder a product."""
