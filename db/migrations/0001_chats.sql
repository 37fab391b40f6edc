-- Parley's tables. The same file runs on Postgres 15 and later and on PGlite. It is run as the body of one
-- PL/pgSQL block (src/store/migrate.ts): one statement, one transaction, on both engines.
--
-- Every key of the big tables starts with chat_id: they can be partitioned or distributed by it without a rewrite.
-- Foreign keys would make every inserted message lock its chat's row a second time: there are none on that path.

CREATE TABLE users (
  id text PRIMARY KEY,
  full_name text NOT NULL,
  -- When the name was said: a token's `iat`, or the moment of a service's write. The newest one counts.
  named_at timestamptz(3) NOT NULL,
  last_seen_at timestamptz(3)
);

-- fillfactor: room on the page for the next version of a row that every send updates (no index is touched).
CREATE TABLE chats (
  id text PRIMARY KEY,
  type text NOT NULL CHECK (type IN ('order', 'general')),
  order_id text,
  subject text,
  metadata jsonb NOT NULL,
  member_count integer NOT NULL DEFAULT 0,
  first_seq bigint NOT NULL DEFAULT 1,
  last_seq bigint NOT NULL DEFAULT 0,
  last_rev bigint NOT NULL DEFAULT 0,
  created_at timestamptz(3) NOT NULL,
  last_message_at timestamptz(3),
  closed_at timestamptz(3)
) WITH (fillfactor = 60);

-- One chat for an order. A table of its own, so that chats can be distributed by their id.
CREATE TABLE order_chats (
  order_id text PRIMARY KEY,
  chat_id text NOT NULL
);

-- POST /chats with an Idempotency-Key: which chat a repeat is answered with.
CREATE TABLE chat_requests (
  user_id text NOT NULL,
  key text NOT NULL,
  chat_id text NOT NULL,
  created_at timestamptz(3) NOT NULL,
  PRIMARY KEY (user_id, key)
);

-- archived_seq: the chat's last_seq when it was archived. A chat counts as archived while no message has come
-- since, or for as long as archive_sticky says so: a new message brings it back without a write.
CREATE TABLE chat_members (
  chat_id text NOT NULL,
  user_id text NOT NULL,
  role text NOT NULL,
  last_read_seq bigint NOT NULL,
  archived_at timestamptz(3),
  archived_seq bigint,
  archive_sticky boolean NOT NULL DEFAULT false,
  joined_at timestamptz(3) NOT NULL,
  PRIMARY KEY (chat_id, user_id)
) WITH (fillfactor = 70);

CREATE INDEX chat_members_user ON chat_members (user_id, chat_id);

-- rev: the event that brought the message. changed_rev: the event of its last change, where a catch-up finds it.
CREATE TABLE messages (
  chat_id text NOT NULL,
  seq bigint NOT NULL,
  rev bigint NOT NULL,
  changed_rev bigint NOT NULL,
  id uuid NOT NULL,
  sender_id text NOT NULL,
  kind text NOT NULL CHECK (kind IN ('user', 'system')),
  content text NOT NULL,
  metadata jsonb,
  client_id text,
  created_at timestamptz(3) NOT NULL,
  edited_at timestamptz(3),
  deleted_at timestamptz(3),
  PRIMARY KEY (chat_id, seq)
);

CREATE UNIQUE INDEX messages_changed ON messages (chat_id, changed_rev);
CREATE UNIQUE INDEX messages_client ON messages (chat_id, sender_id, client_id) WHERE client_id IS NOT NULL;

-- Every event that is not a new message: without its row a later change of the same thing could never be told.
CREATE TABLE chat_events (
  chat_id text NOT NULL,
  rev bigint NOT NULL,
  kind text NOT NULL,
  seq bigint,
  detail jsonb NOT NULL,
  created_at timestamptz(3) NOT NULL,
  PRIMARY KEY (chat_id, rev)
);

-- One row. The epoch changes when the numbers of chats may have gone back: a restore, a failover that lost commits.
CREATE TABLE cluster (
  single boolean PRIMARY KEY DEFAULT true CHECK (single),
  epoch text NOT NULL
);

INSERT INTO cluster (epoch) VALUES (gen_random_uuid()::text);
