-- Webhook deliveries, kept before they are acknowledged. Times are epoch milliseconds.
CREATE TABLE deliveries (
    -- GitHub's GUID; a redelivery has the same one.
    guid TEXT NOT NULL PRIMARY KEY,
    event TEXT NOT NULL,
    action TEXT,
    repo TEXT,
    received_at BIGINT NOT NULL,
    body TEXT NOT NULL,
    -- `new`, `done`, `ignored` or `failed`.
    state TEXT NOT NULL,
    attempts BIGINT NOT NULL,
    ended_at BIGINT,
    detail TEXT
);

CREATE INDEX deliveries_by_state ON deliveries (state, received_at);
CREATE INDEX deliveries_of_repo ON deliveries (repo, received_at);
