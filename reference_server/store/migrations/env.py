"""What Alembic runs for a migration: on the connection that `migration` gave it, inside its transaction."""

from alembic import context

from reference_server.store.schema import METADATA

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    transaction_per_migration=False,
)
context.run_migrations()
