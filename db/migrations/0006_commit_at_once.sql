-- The flush as it nearly always goes: all of its messages can be committed. It looks for no reason why one could not,
-- and has none of them committed when there is one; then it answers nothing, and commit_messages judges each. Nothing
-- is read that is not written: a chat's row tells its numbers and whether it is open, a member's row tells the
-- membership by its mark, which one's own send moves, a repeat is told by the unique index.
--
-- Chats that somebody else has locked, which is the flush of another node, are left out, unless it is told to wait:
-- their messages come with the next flush. Two nodes that talk about the same chats would else wait for each other's
-- disk. Each statement sees all that was committed before it began, so after the first one nothing changes under it.
CREATE FUNCTION commit_at_once(
  -- Each chat once, and how many messages are said in it.
  chat_ids text[],
  counts integer[],
  -- Whether it waits for chats that are locked.
  waits boolean,
  -- Each sender of each chat once: the place of the chat (from 1), the user, and the place (from 1) of the sender's
  -- last message among those of the chat. True for the marketplace's backend, which need not be a member.
  sender_chats integer[],
  senders text[],
  sender_lasts integer[],
  sender_anywhere boolean[],
  -- The messages: the place of the chat, the place among those of the chat, and what is kept.
  item_chats integer[],
  item_places integer[],
  ids uuid[],
  sender_ids text[],
  client_ids text[],
  contents text[],
  kinds text[],
  metadatas text[],
  -- Of each chat where it stood before, separated by commas; nothing for one that was left out.
  OUT last_seqs text,
  OUT last_revs text,
  -- Milliseconds since 1970.
  OUT committed_at bigint
)
LANGUAGE plpgsql VOLATILE
SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off
SET enable_hashjoin = off
SET enable_mergejoin = off
SET enable_bitmapscan = off
AS $commit$
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
$commit$;

-- The slow road is taken seldom enough to be planned each time. A plan that was kept from when the tables were empty
-- could look for repeats by the primary key: through all messages of the chat.
ALTER FUNCTION commit_messages(
  text[], text[], uuid[], text[], text[], text[], text[], boolean[], integer[], uuid[]
) SET plan_cache_mode = force_custom_plan;
