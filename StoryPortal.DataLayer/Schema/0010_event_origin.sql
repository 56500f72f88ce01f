-- Who wrote an event: true: the system itself, false: a caller of the API. Null: stored before this was recorded, by either.
ALTER TABLE mcp_documents.events ADD COLUMN is_system boolean;
ALTER TABLE mcp_documents.events ALTER COLUMN is_system SET DEFAULT false;
