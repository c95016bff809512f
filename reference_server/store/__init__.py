"""All SQL of the trunk: `schema` the tables, `store` reading and the group commit of writes."""
