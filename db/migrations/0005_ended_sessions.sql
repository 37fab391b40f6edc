-- Whose sessions were ended by the marketplace, and when: each node closes those of its own that began before. Rows
-- that every node has long seen are cleared away by later writes.

CREATE TABLE ended_sessions (
  user_id text PRIMARY KEY,
  ended_at timestamptz(3) NOT NULL
);

CREATE INDEX ended_sessions_time ON ended_sessions (ended_at);
