-- People and their sessions: Waymark's own tables, to be backed up. Times are epoch milliseconds.

CREATE TABLE accounts (
    -- GitHub's own id of the person, which survives a change of login.
    id BIGINT NOT NULL PRIMARY KEY,
    login TEXT NOT NULL,
    name TEXT,
    avatar_url TEXT,
    -- Encrypted; absent after GitHub has refused it or the person has been signed out everywhere.
    access_token BYTEA,
    refresh_token BYTEA,
    access_expires_at BIGINT,
    -- Rises with each change of the tokens: a refresh replaces only the tokens it started from.
    token_version BIGINT NOT NULL,
    signed_in_at BIGINT NOT NULL
);

CREATE TABLE sessions (
    -- SHA-256 of the id in the cookie, as hex: whoever reads the table can not use it to sign in.
    id TEXT NOT NULL PRIMARY KEY,
    data BYTEA NOT NULL,
    expires_at BIGINT NOT NULL
);

CREATE INDEX sessions_by_expiry ON sessions (expires_at);
