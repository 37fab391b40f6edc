-- Turns the table `messages` of a running database into one of hash partitions by chat_id. For psql, as the owner:
--
--   psql -d "$DATABASE_URL" -v partitions=16 -f db/partition-messages.sql
--
-- All of it is one transaction: it is done, or nothing has happened. It holds an ACCESS EXCLUSIVE lock on `messages`
-- from its first moment to its end: nothing is said or read meanwhile, so it wants a time at which the service is down,
-- and as much free disk as the table has. docs/postgres.md says for whom it is, and how long it takes.
--
-- What it makes is what the migrations have made, in parts: columns, checks, indexes under their names, rights and
-- storage settings. Later migrations find a table that they can go on with.

\set ON_ERROR_STOP on
\if :{?partitions}
\else
  \set partitions 16
\endif

BEGIN;
SET LOCAL statement_timeout = 0;
SET LOCAL idle_in_transaction_session_timeout = 0;
-- Rather than in front of everybody who would like to read.
SET LOCAL lock_timeout = '10s';
SET LOCAL client_min_messages = warning;
SELECT set_config('parley.partitions', :'partitions', true) AS partitions;
LOCK TABLE messages IN ACCESS EXCLUSIVE MODE;

DO $partition$
DECLARE
  old regclass := 'messages'::regclass;
  parts integer := current_setting('parley.partitions')::integer;
  storage text;
  -- What is to be made again, as statements about the table of that name.
  indexes text[];
  grants text[];
  statement text;
  rows_before bigint;
  rows_after bigint;
BEGIN
  IF parts NOT BETWEEN 2 AND 1024 THEN
    RAISE EXCEPTION 'partitions: from 2 to 1024';
  END IF;
  IF (SELECT relkind FROM pg_class WHERE oid = old) <> 'r' THEN
    RAISE EXCEPTION 'messages is partitioned already';
  END IF;
  IF EXISTS (SELECT FROM pg_trigger WHERE tgrelid = old)
    OR EXISTS (SELECT FROM pg_constraint WHERE contype = 'f' AND old IN (conrelid, confrelid)) THEN
    RAISE EXCEPTION 'messages has triggers or foreign keys, which this script does not know of';
  END IF;

  -- What is made belongs to whom it belonged to, also when the superuser runs this.
  EXECUTE format('SET LOCAL ROLE %s', (SELECT relowner::regrole FROM pg_class WHERE oid = old));
  SELECT coalesce('WITH (' || array_to_string(reloptions, ', ') || ')', '') INTO storage FROM pg_class WHERE oid = old;
  SELECT array_agg(CASE
    WHEN c.oid IS NULL THEN pg_get_indexdef(i.indexrelid)
    ELSE format('ALTER TABLE messages ADD CONSTRAINT %I %s', c.conname, pg_get_constraintdef(c.oid))
  END) INTO indexes
  FROM pg_index i
  LEFT JOIN pg_constraint c ON c.conindid = i.indexrelid AND c.contype IN ('p', 'u')
  WHERE i.indrelid = old;
  SELECT array_agg(format('GRANT %s ON messages TO %s%s', a.privilege_type,
    CASE WHEN a.grantee = 0 THEN 'PUBLIC' ELSE a.grantee::regrole::text END,
    CASE WHEN a.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END
  )) INTO grants
  FROM pg_class t, aclexplode(t.relacl) a WHERE t.oid = old;

  ALTER TABLE messages RENAME TO messages_before;
  FOR statement IN
    SELECT format('ALTER INDEX %I RENAME TO %I', relname, left(relname, 55) || '_before')
    FROM pg_index JOIN pg_class ON oid = indexrelid WHERE indrelid = old
  LOOP
    EXECUTE statement;
  END LOOP;

  CREATE TABLE messages (LIKE messages_before INCLUDING ALL EXCLUDING INDEXES) PARTITION BY HASH (chat_id);
  FOR part IN 0 .. parts - 1 LOOP
    EXECUTE format(
      'CREATE TABLE messages_%s PARTITION OF messages FOR VALUES WITH (MODULUS %s, REMAINDER %s) %s',
      part, parts, part, storage
    );
  END LOOP;

  INSERT INTO messages SELECT * FROM messages_before;
  GET DIAGNOSTICS rows_after = ROW_COUNT;
  SELECT count(*) INTO rows_before FROM messages_before;
  IF rows_after <> rows_before THEN
    RAISE EXCEPTION '% of % messages', rows_after, rows_before;
  END IF;
  -- After the rows: to be built is several times faster than to grow.
  FOREACH statement IN ARRAY indexes || grants LOOP
    EXECUTE statement;
  END LOOP;
  DROP TABLE messages_before;
END
$partition$;

COMMIT;

ANALYZE messages;
