-- What the migrations amount to, to be read: made by `npm run schema`, never by hand.

CREATE TABLE chat_events (
  chat_id text NOT NULL,
  rev bigint NOT NULL,
  kind text NOT NULL,
  seq bigint,
  detail jsonb NOT NULL,
  created_at timestamp(3) with time zone NOT NULL,
  CONSTRAINT chat_events_pkey PRIMARY KEY (chat_id, rev)
);

CREATE TABLE chat_members (
  chat_id text NOT NULL,
  user_id text NOT NULL,
  role text NOT NULL,
  last_read_seq bigint NOT NULL,
  archived_at timestamp(3) with time zone,
  archived_seq bigint,
  archive_sticky boolean NOT NULL DEFAULT false,
  joined_at timestamp(3) with time zone NOT NULL,
  CONSTRAINT chat_members_pkey PRIMARY KEY (chat_id, user_id)
) WITH (fillfactor = 70);
CREATE INDEX chat_members_user ON chat_members USING btree (user_id, chat_id);

CREATE TABLE chat_requests (
  user_id text NOT NULL,
  key text NOT NULL,
  chat_id text NOT NULL,
  created_at timestamp(3) with time zone NOT NULL,
  CONSTRAINT chat_requests_pkey PRIMARY KEY (user_id, key)
);

CREATE TABLE chats (
  id text NOT NULL,
  type text NOT NULL,
  order_id text,
  subject text,
  metadata jsonb NOT NULL,
  member_count integer NOT NULL DEFAULT 0,
  first_seq bigint NOT NULL DEFAULT 1,
  last_seq bigint NOT NULL DEFAULT 0,
  last_rev bigint NOT NULL DEFAULT 0,
  created_at timestamp(3) with time zone NOT NULL,
  last_message_at timestamp(3) with time zone,
  closed_at timestamp(3) with time zone,
  CONSTRAINT chats_pkey PRIMARY KEY (id),
  CONSTRAINT chats_type_check CHECK ((type = ANY (ARRAY['order'::text, 'general'::text])))
) WITH (fillfactor = 60);

CREATE TABLE cluster (
  single boolean NOT NULL DEFAULT true,
  epoch text NOT NULL,
  CONSTRAINT cluster_pkey PRIMARY KEY (single),
  CONSTRAINT cluster_single_check CHECK (single)
);

CREATE TABLE messages (
  chat_id text NOT NULL,
  seq bigint NOT NULL,
  rev bigint NOT NULL,
  changed_rev bigint NOT NULL,
  id uuid NOT NULL,
  sender_id text NOT NULL,
  kind text NOT NULL,
  content text NOT NULL,
  metadata jsonb,
  client_id text,
  created_at timestamp(3) with time zone NOT NULL,
  edited_at timestamp(3) with time zone,
  deleted_at timestamp(3) with time zone,
  CONSTRAINT messages_kind_check CHECK ((kind = ANY (ARRAY['user'::text, 'system'::text]))),
  CONSTRAINT messages_pkey PRIMARY KEY (chat_id, seq)
);
CREATE UNIQUE INDEX messages_changed ON messages USING btree (chat_id, changed_rev);
CREATE UNIQUE INDEX messages_client ON messages USING btree (chat_id, sender_id, client_id) WHERE (client_id IS NOT NULL);

CREATE TABLE order_chats (
  order_id text NOT NULL,
  chat_id text NOT NULL,
  CONSTRAINT order_chats_pkey PRIMARY KEY (order_id)
);

CREATE TABLE users (
  id text NOT NULL,
  full_name text NOT NULL,
  named_at timestamp(3) with time zone NOT NULL,
  last_seen_at timestamp(3) with time zone,
  CONSTRAINT users_pkey PRIMARY KEY (id)
);

CREATE OR REPLACE FUNCTION commit_messages(chat_ids text[], sender_ids text[], ids uuid[], client_ids text[], contents text[], kinds text[], metadatas text[], anywhere boolean[])
 RETURNS TABLE(item integer, outcome text, id uuid, seq bigint, rev bigint, created_at timestamp with time zone)
 LANGUAGE plpgsql
 SET plan_cache_mode TO 'force_generic_plan'
 SET enable_seqscan TO 'off'
 SET enable_hashjoin TO 'off'
 SET enable_mergejoin TO 'off'
 SET enable_bitmapscan TO 'off'
AS $function$
#variable_conflict use_column
DECLARE
  committed_at timestamptz(3);
BEGIN
  PERFORM FROM chats WHERE chats.id = ANY (chat_ids) ORDER BY chats.id FOR NO KEY UPDATE;

  -- After the wait for the locks, or times would run against seq.
  committed_at := clock_timestamp();

  RETURN QUERY
  WITH judged AS (
    SELECT i.*, c.last_seq, c.last_rev,
      old.id AS old_id, old.seq AS old_seq, old.rev AS old_rev, old.created_at AS old_created_at,
      CASE
        WHEN c.id IS NULL OR NOT (i.anywhere OR m.user_id IS NOT NULL) THEN 'not_a_member'
        WHEN old.id IS NOT NULL THEN 'duplicate'
        WHEN c.closed_at IS NOT NULL THEN 'chat_closed'
        ELSE 'committed'
      END AS outcome
    FROM unnest(chat_ids, sender_ids, ids, client_ids, contents, kinds, metadatas, anywhere)
      WITH ORDINALITY AS i(chat_id, sender_id, id, client_id, content, kind, metadata, anywhere, item)
    LEFT JOIN chats c ON c.id = i.chat_id
    LEFT JOIN chat_members m ON m.chat_id = i.chat_id AND m.user_id = i.sender_id
    LEFT JOIN messages old
      ON old.chat_id = i.chat_id AND old.sender_id = i.sender_id AND old.client_id = i.client_id
  ),
  numbered AS (
    SELECT j.*, row_number() OVER (PARTITION BY j.chat_id ORDER BY j.item) AS n
    FROM judged j WHERE j.outcome = 'committed'
  ),
  inserted AS (
    INSERT INTO messages
      (chat_id, seq, rev, changed_rev, id, sender_id, kind, content, metadata, client_id, created_at)
    SELECT n.chat_id, n.last_seq + n.n, n.last_rev + n.n, n.last_rev + n.n,
      n.id, n.sender_id, n.kind, n.content, n.metadata::jsonb, n.client_id, committed_at
    FROM numbered n
  ),
  advanced AS (
    UPDATE chats c
    SET last_seq = c.last_seq + t.n, last_rev = c.last_rev + t.n, last_message_at = committed_at
    FROM (SELECT n.chat_id, max(n.n) AS n FROM numbered n GROUP BY n.chat_id) t
    WHERE c.id = t.chat_id
  ),
  -- One's own send moves one's own mark.
  marked AS (
    UPDATE chat_members m
    SET last_read_seq = greatest(m.last_read_seq, t.seq)
    FROM (
      SELECT n.chat_id, n.sender_id, max(n.last_seq + n.n) AS seq FROM numbered n GROUP BY n.chat_id, n.sender_id
    ) t
    WHERE m.chat_id = t.chat_id AND m.user_id = t.sender_id
  )
  SELECT n.item::integer, n.outcome, n.id, n.last_seq + n.n, n.last_rev + n.n, committed_at FROM numbered n
  UNION ALL
  SELECT j.item::integer, j.outcome, j.old_id, j.old_seq, j.old_rev, j.old_created_at
  FROM judged j WHERE j.outcome <> 'committed';
END
$function$;
