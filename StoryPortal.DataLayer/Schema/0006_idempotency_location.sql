-- An answer that is given again says where what it made can be read, as the first one did.
ALTER TABLE mcp_documents.idempotency_keys ADD COLUMN location text;
