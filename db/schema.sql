-- What the migrations amount to, to be read: made by `npm run schema`, never by hand.

CREATE TABLE attachments (
  chat_id text NOT NULL,
  id uuid NOT NULL,
  uploader_id text NOT NULL,
  message_id uuid,
  status text NOT NULL,
  name text NOT NULL,
  mime text NOT NULL,
  size bigint NOT NULL,
  width integer,
  height integer,
  upload_key text,
  blob_key text,
  thumbnail_key text,
  fault text,
  created_at timestamp(3) with time zone NOT NULL,
  CONSTRAINT attachments_pkey PRIMARY KEY (chat_id, id),
  CONSTRAINT attachments_status_check CHECK ((status = ANY (ARRAY['uploading'::text, 'quarantined'::text, 'ready'::text, 'rejected'::text])))
);
CREATE INDEX attachments_unsent ON attachments USING btree (chat_id, uploader_id) WHERE (message_id IS NULL);
CREATE INDEX attachments_unsent_age ON attachments USING btree (created_at) WHERE (message_id IS NULL);

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
  place text,
  CONSTRAINT cluster_pkey PRIMARY KEY (single),
  CONSTRAINT cluster_single_check CHECK (single)
);

CREATE TABLE ended_sessions (
  user_id text NOT NULL,
  ended_at timestamp(3) with time zone NOT NULL,
  CONSTRAINT ended_sessions_pkey PRIMARY KEY (user_id)
);
CREATE INDEX ended_sessions_time ON ended_sessions USING btree (ended_at);

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
  attachments jsonb,
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

CREATE TABLE unowned_blobs (
  key text NOT NULL,
  remove_after timestamp(3) with time zone NOT NULL,
  CONSTRAINT unowned_blobs_pkey PRIMARY KEY (key)
);
CREATE INDEX unowned_blobs_due ON unowned_blobs USING btree (remove_after);

CREATE TABLE users (
  id text NOT NULL,
  full_name text NOT NULL,
  named_at timestamp(3) with time zone NOT NULL,
  last_seen_at timestamp(3) with time zone,
  CONSTRAINT users_pkey PRIMARY KEY (id)
);

CREATE OR REPLACE FUNCTION commit_at_once(chat_ids text[], counts integer[], waits boolean, sender_chats integer[], senders text[], sender_lasts integer[], sender_anywhere boolean[], item_chats integer[], item_places integer[], ids uuid[], sender_ids text[], client_ids text[], contents text[], kinds text[], metadatas text[], OUT last_seqs text, OUT last_revs text, OUT committed_at bigint)
 RETURNS record
 LANGUAGE plpgsql
 SET plan_cache_mode TO 'force_generic_plan'
 SET enable_seqscan TO 'off'
 SET enable_hashjoin TO 'off'
 SET enable_mergejoin TO 'off'
 SET enable_bitmapscan TO 'off'
AS $function$
DECLARE
  seqs bigint[];
  revs bigint[];
  has_closed boolean;
  now timestamptz(3);
  found integer;
BEGIN
  -- In the order in which all others lock them: no deadlock between nodes.
  IF waits THEN
    SELECT array_agg(l.last_seq ORDER BY t.place), array_agg(l.last_rev ORDER BY t.place),
      bool_or(l.closed_at IS NOT NULL)
    INTO seqs, revs, has_closed
    FROM (SELECT * FROM unnest(chat_ids) WITH ORDINALITY AS u(id, place) ORDER BY u.id) t
    LEFT JOIN LATERAL (SELECT * FROM chats c WHERE c.id = t.id FOR NO KEY UPDATE) l ON true;
  ELSE
    SELECT array_agg(l.last_seq ORDER BY t.place), array_agg(l.last_rev ORDER BY t.place),
      bool_or(l.closed_at IS NOT NULL)
    INTO seqs, revs, has_closed
    FROM (SELECT * FROM unnest(chat_ids) WITH ORDINALITY AS u(id, place) ORDER BY u.id) t
    LEFT JOIN LATERAL (SELECT * FROM chats c WHERE c.id = t.id FOR NO KEY UPDATE SKIP LOCKED) l ON true;
  END IF;
  IF has_closed OR (waits AND array_position(seqs, NULL) IS NOT NULL) THEN
    RETURN;
  END IF;

  -- After the wait for the locks, or times would run against seq.
  now := clock_timestamp();

  UPDATE chats c
  SET last_seq = c.last_seq + t.n, last_rev = c.last_rev + t.n, last_message_at = now
  FROM unnest(chat_ids, counts, seqs) AS t(id, n, seq)
  WHERE t.seq IS NOT NULL AND c.id = t.id;

  WITH marked AS (
    UPDATE chat_members m
    SET last_read_seq = greatest(m.last_read_seq, seqs[t.chat] + t.last)
    FROM unnest(sender_chats, senders, sender_lasts, sender_anywhere) AS t(chat, user_id, last, is_anywhere)
    WHERE seqs[t.chat] IS NOT NULL AND m.chat_id = chat_ids[t.chat] AND m.user_id = t.user_id
    RETURNING t.is_anywhere
  )
  SELECT count(*) FILTER (WHERE NOT k.is_anywhere) INTO found FROM marked k;
  IF found < (
    SELECT count(*) FROM unnest(sender_chats, sender_anywhere) AS t(chat, is_anywhere)
    WHERE seqs[t.chat] IS NOT NULL AND NOT t.is_anywhere
  ) THEN
    RAISE check_violation;
  END IF;

  INSERT INTO messages
    (chat_id, seq, rev, changed_rev, id, sender_id, kind, content, metadata, client_id, created_at)
  SELECT chat_ids[t.chat], seqs[t.chat] + t.place, revs[t.chat] + t.place, revs[t.chat] + t.place,
    t.id, t.sender_id, t.kind, t.content, t.metadata::jsonb, t.client_id, now
  FROM unnest(item_chats, item_places, ids, sender_ids, client_ids, contents, kinds, metadatas)
    AS t(chat, place, id, sender_id, client_id, content, kind, metadata)
  WHERE seqs[t.chat] IS NOT NULL;

  last_seqs := array_to_string(seqs, ',', '');
  last_revs := array_to_string(revs, ',', '');
  committed_at := extract(epoch FROM now) * 1000;
EXCEPTION
  WHEN check_violation OR unique_violation THEN
    last_seqs := NULL;
END
$function$;

CREATE OR REPLACE FUNCTION commit_messages(chat_ids text[], sender_ids text[], ids uuid[], client_ids text[], contents text[], kinds text[], metadatas text[], anywhere boolean[], named_items integer[], named_ids uuid[])
 RETURNS TABLE(item integer, outcome text, id uuid, seq bigint, rev bigint, created_at timestamp with time zone, attachments jsonb)
 LANGUAGE plpgsql
 SET plan_cache_mode TO 'force_custom_plan'
 SET enable_seqscan TO 'off'
 SET enable_hashjoin TO 'off'
 SET enable_mergejoin TO 'off'
 SET enable_bitmapscan TO 'off'
AS $function$
#variable_conflict use_column
DECLARE
  committed_at timestamptz(3);
  -- Of each message that names attachments: why it cannot have them, and how it shows them.
  faults text[];
  shown jsonb[];
BEGIN
  PERFORM FROM chats WHERE chats.id = ANY (chat_ids) ORDER BY chats.id FOR NO KEY UPDATE;

  -- After the wait for the locks, or times would run against seq.
  committed_at := clock_timestamp();

  -- The lock on the chat keeps other flushes away from its attachments, the lock on the attachment whoever removes
  -- those that no message names.
  IF cardinality(named_ids) > 0 THEN
    PERFORM FROM attachments a
    JOIN unnest(named_items, named_ids) AS n(item, id) ON a.chat_id = chat_ids[n.item] AND a.id = n.id
    ORDER BY a.chat_id, a.id FOR UPDATE OF a;

    WITH named AS (
      SELECT n.*, row_number() OVER (PARTITION BY chat_ids[n.item], n.id ORDER BY n.place) > 1 AS is_taken
      FROM unnest(named_items, named_ids) WITH ORDINALITY AS n(item, id, place)
    ),
    looked_at AS (
      SELECT n.item,
        CASE
          WHEN bool_or(a.id IS NULL) THEN 'attachment_not_found'
          WHEN bool_or(
            n.is_taken OR a.message_id IS NOT NULL OR a.status <> 'ready' OR a.uploader_id <> sender_ids[n.item]
          ) THEN 'attachment_not_usable'
        END AS fault,
        jsonb_agg(
          jsonb_strip_nulls(jsonb_build_object(
            'id', a.id, 'name', a.name, 'mime', a.mime, 'size', a.size, 'width', a.width, 'height', a.height
          )) ORDER BY n.place
        ) AS shown
      FROM named n
      LEFT JOIN attachments a ON a.chat_id = chat_ids[n.item] AND a.id = n.id
      GROUP BY n.item
    )
    SELECT array_agg(l.fault ORDER BY i.item), array_agg(l.shown ORDER BY i.item) INTO faults, shown
    FROM generate_subscripts(chat_ids, 1) AS i(item)
    LEFT JOIN looked_at l ON l.item = i.item;
  END IF;

  RETURN QUERY
  WITH judged AS (
    SELECT i.*, c.last_seq, c.last_rev,
      old.id AS old_id, old.seq AS old_seq, old.rev AS old_rev, old.created_at AS old_created_at,
      CASE
        WHEN c.id IS NULL OR NOT (i.anywhere OR m.user_id IS NOT NULL) THEN 'not_a_member'
        WHEN old.id IS NOT NULL THEN 'duplicate'
        WHEN c.closed_at IS NOT NULL THEN 'chat_closed'
        WHEN i.fault IS NOT NULL THEN i.fault
        ELSE 'committed'
      END AS outcome
    FROM unnest(chat_ids, sender_ids, ids, client_ids, contents, kinds, metadatas, anywhere, faults, shown)
      WITH ORDINALITY
      AS i(chat_id, sender_id, id, client_id, content, kind, metadata, anywhere, fault, shown, item)
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
      (chat_id, seq, rev, changed_rev, id, sender_id, kind, content, metadata, attachments, client_id, created_at)
    SELECT n.chat_id, n.last_seq + n.n, n.last_rev + n.n, n.last_rev + n.n,
      n.id, n.sender_id, n.kind, n.content, n.metadata::jsonb, n.shown, n.client_id, committed_at
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
  SELECT n.item::integer, n.outcome, n.id, n.last_seq + n.n, n.last_rev + n.n, committed_at, n.shown FROM numbered n
  UNION ALL
  SELECT j.item::integer, j.outcome, j.old_id, j.old_seq, j.old_rev, j.old_created_at, NULL::jsonb
  FROM judged j WHERE j.outcome <> 'committed';

  -- The newest messages of its chat: the message is among them, or was not committed.
  IF cardinality(named_ids) > 0 THEN
    UPDATE attachments a SET message_id = ids[n.item]
    FROM unnest(named_items, named_ids) AS n(item, id)
    WHERE a.chat_id = chat_ids[n.item] AND a.id = n.id AND faults[n.item] IS NULL AND EXISTS (
      SELECT FROM chats c
      JOIN messages m ON m.chat_id = c.id AND m.seq > c.last_seq - cardinality(ids)
      WHERE c.id = a.chat_id AND m.id = ids[n.item]
    );
  END IF;
END
$function$;
