-- Until now `data` held the id of its session as well. Those sessions end, and their people sign in once more.
DELETE FROM sessions;

-- Whose session it is; nothing while nobody has signed in with it.
ALTER TABLE sessions ADD COLUMN account_id BIGINT;
CREATE INDEX sessions_of_account ON sessions (account_id);
