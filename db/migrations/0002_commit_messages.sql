-- The flush: commits many messages of many chats in one round trip, and says of each what became of it.
--
-- A volatile function takes a fresh snapshot for each of its statements. That is what makes it right: the first
-- one waits for the chats' rows, the second then sees all that other nodes committed meanwhile. As one statement,
-- with one snapshot from before the wait, it would overlook a repeat and break on the unique index.
--
-- Locks are taken in the order of ids on every node: no deadlock. Each message is judged in the order of the
-- contract (member, repeat, closed) and only those that are accepted are numbered, so a bad one leaves no hole.
-- The caller sees to it that no (chat, sender, client id) stands twice in one call.
--
-- The settings pin the plan: a few index look-ups for each message, whatever the tables' size was when it was
-- made. Left alone, a plan made while `messages` was empty scans it ever after.
CREATE FUNCTION commit_messages(
  chat_ids text[],
  sender_ids text[],
  ids uuid[],
  client_ids text[],
  contents text[],
  kinds text[],
  metadatas text[],
  -- True for the marketplace's backend, which writes in every chat.
  anywhere boolean[]
) RETURNS TABLE (item integer, outcome text, id uuid, seq bigint, rev bigint, created_at timestamptz)
LANGUAGE plpgsql VOLATILE
SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off
SET enable_hashjoin = off
SET enable_mergejoin = off
SET enable_bitmapscan = off
AS $commit$
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
$commit$;
