"""The ledger's rules without a database: `money` amounts, `movement` what is posted, `accounts` names."""
