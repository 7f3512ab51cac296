-- What a person sees of their sessions: since when, when it was used last (exact to a minute), and the browser in
-- short words. Times are epoch milliseconds; nothing for what was not known before.
ALTER TABLE sessions ADD COLUMN created_at BIGINT;
ALTER TABLE sessions ADD COLUMN seen_at BIGINT;
ALTER TABLE sessions ADD COLUMN browser TEXT;

-- Sessions are ended by taking them away.
DELETE FROM sessions WHERE account_id IN (SELECT id FROM accounts WHERE signed_out_at IS NOT NULL);
ALTER TABLE accounts DROP COLUMN signed_out_at;
