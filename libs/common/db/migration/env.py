"""What alembic runs for every service: the revisions, on the connection and transaction that the caller brings."""

from alembic import context

context.configure(
    connection=context.config.attributes["connection"],
    version_table="revisions",
    version_table_schema=context.config.attributes["schema"],
)
context.run_migrations()
