-- One row: the registry's index, which every change moves in its own transaction, and what judging leases has to know. Whoever changes the
-- registry takes the lock of this row first: changes come one after the other, and in the order of their index.
CREATE TABLE mcp_documents.service_registry (
    only_row      boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    index         bigint NOT NULL DEFAULT 1,
    judged_at     timestamptz NOT NULL DEFAULT now(), -- when leases were last judged
    trusted_since timestamptz NOT NULL DEFAULT now()  -- since when signs of life could be told without a gap
);
INSERT INTO mcp_documents.service_registry DEFAULT VALUES;

ALTER TABLE mcp_documents.service_instances
    DROP COLUMN status,
    ADD COLUMN registration    uuid, -- a hash of what the instance last said of itself
    ADD COLUMN lease_missed    boolean NOT NULL DEFAULT false,
    ADD COLUMN health_failing  boolean NOT NULL DEFAULT false,
    ADD COLUMN health_failures integer NOT NULL DEFAULT 0,
    ADD COLUMN health_due_at   timestamptz NOT NULL DEFAULT now();

ALTER TABLE mcp_documents.service_instances
    ADD COLUMN status text NOT NULL GENERATED ALWAYS AS (CASE WHEN lease_missed OR health_failing THEN 'critical' ELSE 'passing' END) STORED;

-- For rows that a statement makes by itself, such as the events of a change: sorted by time, as those of the application are.
CREATE FUNCTION mcp_documents.uuid_v7() RETURNS uuid LANGUAGE sql VOLATILE
RETURN encode(
    set_bit(set_bit(
        overlay(uuid_send(gen_random_uuid()) PLACING substring(int8send((extract(epoch FROM clock_timestamp()) * 1000)::bigint) FROM 3) FROM 1 FOR 6),
        52, 1), 53, 1), 'hex')::uuid;
