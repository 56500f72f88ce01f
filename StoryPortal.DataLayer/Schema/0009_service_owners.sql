-- The owner of a service name: the key or JWT subject that registered it first. The name stays owned after the last instance has left, so
-- that no other key takes it over between two deployments; retention releases it. Services that were registered before have no owner until
-- their next registration: the events that name who registered them could be forged.
CREATE TABLE mcp_documents.service_owners (
    service_name text PRIMARY KEY,
    owner_id     text NOT NULL, -- an id of api_keys, 'jwt:' and a subject, or 'system'
    owner_name   text NOT NULL,
    since        timestamptz NOT NULL DEFAULT now(),
    idle_since   timestamptz -- since when there is no service of this name; null: there is one
);
CREATE INDEX service_owners_owner_id ON mcp_documents.service_owners (owner_id);

CREATE FUNCTION mcp_documents.set_owners_idle() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    UPDATE mcp_documents.service_owners o SET idle_since = now() FROM deleted d WHERE o.service_name = d.name;
    RETURN NULL;
END
$$;
CREATE TRIGGER services_deleted AFTER DELETE ON mcp_documents.services
    REFERENCING OLD TABLE AS deleted FOR EACH STATEMENT EXECUTE FUNCTION mcp_documents.set_owners_idle();

-- The host of the health URL without its port: polls of one owner take turns by host.
ALTER TABLE mcp_documents.service_instances
    ADD COLUMN health_host text GENERATED ALWAYS AS (lower(substring(health_url FROM '^[A-Za-z]+://(\[[^\]]*\]|[^/?#:\\]*)'))) STORED;
