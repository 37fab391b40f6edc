-- Where the database is: the server's own identifier and the database's number on it. One that was restored from a dump
-- is elsewhere than it says, and may have gone back: the first node that starts on it begins a new epoch.
ALTER TABLE cluster ADD COLUMN place text;
