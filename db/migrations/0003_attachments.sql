-- Attachments: what is known of a blob; its bytes are in the blob store.
--
-- message_id: the message that names it; null until one does, and then for good.
-- blob_key, thumbnail_key: where the bytes are, once they have arrived and been looked at. upload_key: where a client
-- that was given a presigned URL puts them; nothing is ever served from there.
CREATE TABLE attachments (
  chat_id text NOT NULL,
  id uuid NOT NULL,
  uploader_id text NOT NULL,
  message_id uuid,
  status text NOT NULL CHECK (status IN ('uploading', 'quarantined', 'ready', 'rejected')),
  name text NOT NULL,
  mime text NOT NULL,
  size bigint NOT NULL,
  width integer,
  height integer,
  upload_key text,
  blob_key text,
  thumbnail_key text,
  -- Why it was rejected: a code of the one table of errors.
  fault text,
  created_at timestamptz(3) NOT NULL,
  PRIMARY KEY (chat_id, id)
);

-- Those that no message names: a user's are counted, and the old ones removed.
CREATE INDEX attachments_unsent ON attachments (chat_id, uploader_id) WHERE message_id IS NULL;
CREATE INDEX attachments_unsent_age ON attachments (created_at) WHERE message_id IS NULL;

-- Keys of blobs that no attachment owns: written down before the first byte is stored, struck out in the transaction
-- in which an attachment takes the blob, written down again in the one that lets go of it. Whatever is due is removed,
-- so neither a crash nor a store that was away leaves a blob that nobody knows of.
CREATE TABLE unowned_blobs (
  key text PRIMARY KEY,
  remove_after timestamptz(3) NOT NULL
);

CREATE INDEX unowned_blobs_due ON unowned_blobs (remove_after);

-- The attachments as the message shows them: they never change, so a page of history needs no second look-up.
ALTER TABLE messages ADD COLUMN attachments jsonb;
