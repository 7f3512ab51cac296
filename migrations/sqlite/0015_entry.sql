-- When a person was here last, exact to a minute. Times are epoch milliseconds.
ALTER TABLE accounts ADD COLUMN seen_at BIGINT;
-- Sessions that began earlier are over: an administrator ended them.
ALTER TABLE accounts ADD COLUMN signed_out_at BIGINT;
