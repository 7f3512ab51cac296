-- The answers to requests of the API that carried an Idempotency-Key, kept for a day. Times are epoch milliseconds.
CREATE TABLE idempotency_keys (
    account_id BIGINT NOT NULL,
    key TEXT NOT NULL,
    -- SHA-256 of method, path and body, as hex.
    request TEXT NOT NULL,
    status BIGINT NOT NULL,
    location TEXT,
    body BLOB NOT NULL,
    answered_at BIGINT NOT NULL,
    PRIMARY KEY (account_id, key)
);
CREATE INDEX idempotency_keys_by_time ON idempotency_keys (answered_at);
