-- What nobody has signed in for has bounds: by the address it came from (a keyed hash of it), and in total.
ALTER TABLE drafts ADD COLUMN address TEXT;
CREATE INDEX drafts_of_nobody ON drafts (address, saved_at) WHERE account_id IS NULL;

-- One row that a readiness check writes again and again.
CREATE TABLE readiness (
    id BIGINT NOT NULL PRIMARY KEY,
    filler TEXT NOT NULL,
    at BIGINT NOT NULL
);
