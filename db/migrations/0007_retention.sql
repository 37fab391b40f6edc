-- Retention by age, erasure of one user's data, and the audit of both. Nodes of the version before go on working on
-- it: all that is new has a default, or is filled by a trigger.

-- first_rev: the events from here on are whole, as the messages from first_seq on are; what came before may be gone.
-- oldest_at: nothing of the chat is older; null: than the chat itself. It says when retention looks at it again, and
-- no send changes it: a send touches no index.
ALTER TABLE chats ADD COLUMN first_rev bigint NOT NULL DEFAULT 1;
ALTER TABLE chats ADD COLUMN oldest_at timestamptz(3);
CREATE INDEX chats_oldest ON chats (type, (coalesce(oldest_at, created_at)));

-- What retention has taken, one row for each step: the messages from from_seq and the events from from_rev up to
-- those numbers, without them. Nobody is told of them any more; their rows are removed a while later, when all who had
-- read the chat's row before have read what it spoke of.
CREATE TABLE taken_messages (
  id uuid PRIMARY KEY,
  chat_id text NOT NULL,
  from_seq bigint NOT NULL,
  before_seq bigint NOT NULL,
  from_rev bigint NOT NULL,
  before_rev bigint NOT NULL,
  taken_at timestamptz(3) NOT NULL
);

CREATE INDEX taken_messages_time ON taken_messages (taken_at);

-- In which chats a user was before: what was said there is still that user's. A trigger, so that nodes of the version
-- before write it too.
CREATE TABLE former_members (
  user_id text NOT NULL,
  chat_id text NOT NULL,
  left_at timestamptz(3) NOT NULL,
  PRIMARY KEY (user_id, chat_id)
);

INSERT INTO former_members (user_id, chat_id, left_at)
SELECT detail ->> 'userId', chat_id, max(created_at) FROM chat_events WHERE kind = 'member_removed' GROUP BY 1, 2;

CREATE FUNCTION keep_former_member() RETURNS trigger LANGUAGE plpgsql AS $keep$
BEGIN
  INSERT INTO former_members (user_id, chat_id, left_at) VALUES (OLD.user_id, OLD.chat_id, clock_timestamp())
  ON CONFLICT (user_id, chat_id) DO UPDATE SET left_at = excluded.left_at;
  RETURN NULL;
END
$keep$;

CREATE TRIGGER chat_members_left AFTER DELETE ON chat_members FOR EACH ROW EXECUTE FUNCTION keep_former_member();

-- Users whose data are being erased, and for a while those whose data were: a job works on them until none is left.
-- What it has counted so far is kept with it.
CREATE TABLE erasures (
  id uuid PRIMARY KEY,
  user_id text NOT NULL,
  actor text NOT NULL,
  requested_at timestamptz(3) NOT NULL,
  finished_at timestamptz(3),
  chats integer NOT NULL DEFAULT 0,
  messages integer NOT NULL DEFAULT 0,
  attachments integer NOT NULL DEFAULT 0
);

CREATE UNIQUE INDEX erasures_open ON erasures (user_id) WHERE finished_at IS NULL;

-- Who had whose data exported or erased, and when. Counts and ids, never contents. Rows are only added, and taken by
-- age.
CREATE TABLE audit (
  id uuid PRIMARY KEY,
  at timestamptz(3) NOT NULL,
  actor text NOT NULL,
  action text NOT NULL,
  user_id text NOT NULL,
  detail jsonb NOT NULL
);

CREATE INDEX audit_time ON audit (at, id);
CREATE INDEX audit_user ON audit (user_id, at, id);

CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $refuse$
BEGIN
  RAISE EXCEPTION 'rows of % are only added', TG_TABLE_NAME;
END
$refuse$;

CREATE TRIGGER audit_added_only BEFORE UPDATE OR TRUNCATE ON audit FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
