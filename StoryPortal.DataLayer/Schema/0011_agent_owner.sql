-- The person or team that is responsible for an agent.
ALTER TABLE mcp_documents.agents ADD COLUMN owner text;
