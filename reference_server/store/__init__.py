"""All SQL: `database` opens and migrates, `store` is the trunk's group commit, `journal` the ledger."""
