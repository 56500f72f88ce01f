\set agent random(1, 1000)
\set words random(1, 5000)
INSERT INTO mcp_documents.events (id, type, timestamp, agent_id, session_id, payload, received_at)
VALUES (gen_random_uuid(), 'bench.single', now(), ('00000000-0000-7000-8000-' || lpad(to_hex(:agent::int), 12, '0'))::uuid, NULL,
    jsonb_build_object('words', :words::int, 'chapter', 'one', 'tool', 'editor', 'model', 'm1'), now());
