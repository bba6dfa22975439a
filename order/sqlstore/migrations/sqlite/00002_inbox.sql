-- +goose Up

-- Pushes of providers, from their acknowledgement to their end.
CREATE TABLE IF NOT EXISTS {p}inbox (
    seq           INTEGER PRIMARY KEY, -- the order of arrival
    source        TEXT NOT NULL,
    message_key   TEXT NOT NULL, -- SHA-256, hexadecimal
    body_personal BLOB,        -- as received; NULL when the message is done
    content_type  TEXT NOT NULL,
    encoding      TEXT NOT NULL,
    proof         BIGINT NOT NULL,
    key_id        TEXT NOT NULL,
    sent_at       BIGINT NOT NULL,
    received_at   BIGINT NOT NULL,
    state         SMALLINT NOT NULL, -- 0 waiting, 1 done, 2 dead
    at            BIGINT NOT NULL,   -- when it is due, was done or given up
    why           TEXT NOT NULL,
    attempt       BIGINT NOT NULL,
    fence         BIGINT NOT NULL,
    leased        SMALLINT NOT NULL,
    UNIQUE (source, message_key)
);
CREATE INDEX IF NOT EXISTS {p}inbox_state ON {p}inbox (state, at, seq);

-- Parcels that providers push about.
CREATE TABLE IF NOT EXISTS {p}subscriptions (
    carrier       TEXT NOT NULL,
    courier       TEXT NOT NULL,
    number        TEXT NOT NULL,
    ref           TEXT NOT NULL,
    once          SMALLINT NOT NULL,
    lifetime      BIGINT NOT NULL, -- nanoseconds
    state         TEXT NOT NULL,
    handle        TEXT NOT NULL,
    created       SMALLINT NOT NULL,
    paid          SMALLINT NOT NULL,
    unsure        SMALLINT NOT NULL,
    registered_at BIGINT NOT NULL,
    expires_at    BIGINT NOT NULL,
    due_at        BIGINT NOT NULL, -- the latest time there is: never
    failures      BIGINT NOT NULL,
    why           TEXT NOT NULL,
    version       BIGINT NOT NULL,
    PRIMARY KEY (carrier, courier, number)
);
CREATE INDEX IF NOT EXISTS {p}subscriptions_due ON {p}subscriptions (carrier, due_at);
CREATE INDEX IF NOT EXISTS {p}subscriptions_handle ON {p}subscriptions (carrier, handle);

CREATE TABLE IF NOT EXISTS {p}endpoints (
    carrier  TEXT NOT NULL PRIMARY KEY,
    endpoint TEXT NOT NULL
);

-- Who saw whose data (접속기록): lines that are chained by their hashes, only ever appended. They hold none of the data.
CREATE TABLE IF NOT EXISTS {p}accesses (
    n           BIGINT NOT NULL PRIMARY KEY,
    at          BIGINT NOT NULL,
    actor       TEXT NOT NULL,
    subject_key TEXT NOT NULL,
    line        TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS {p}accesses_subject ON {p}accesses (subject_key, n);
CREATE INDEX IF NOT EXISTS {p}accesses_at ON {p}accesses (at);

-- The end of that chain; one row.
CREATE TABLE IF NOT EXISTS {p}accesses_end (
    id      BIGINT NOT NULL PRIMARY KEY,
    records BIGINT NOT NULL,
    hash    TEXT NOT NULL
);
INSERT INTO {p}accesses_end (id, records, hash) SELECT 1, 0, '' WHERE NOT EXISTS (SELECT 1 FROM {p}accesses_end);
