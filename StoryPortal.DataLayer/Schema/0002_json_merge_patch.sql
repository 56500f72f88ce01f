-- RFC 7396: what the patch names is replaced, null removes it, objects are merged member by member, everything else stays.
-- In the database, so that a PATCH is one atomic statement: two at once both count.
CREATE FUNCTION mcp_documents.json_merge_patch(target jsonb, patch jsonb) RETURNS jsonb
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
BEGIN
    IF jsonb_typeof(patch) <> 'object' THEN
        RETURN patch;
    END IF;

    RETURN (
        SELECT coalesce(jsonb_object_agg(
            coalesce(old.key, new.key),
            CASE WHEN new.key IS NULL THEN old.value ELSE mcp_documents.json_merge_patch(old.value, new.value) END), '{}')
        FROM jsonb_each(CASE WHEN jsonb_typeof(target) = 'object' THEN target ELSE '{}' END) old
        FULL JOIN jsonb_each(patch) new ON new.key = old.key
        WHERE new.value IS DISTINCT FROM 'null'::jsonb);
END
$$;
