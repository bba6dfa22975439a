-- +goose Up

-- Pushes of providers, from their acknowledgement to their end.
CREATE TABLE IF NOT EXISTS {p}inbox (
    seq           BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY, -- the order of arrival
    source        VARBINARY(255) NOT NULL,
    message_key   VARBINARY(255) NOT NULL, -- SHA-256, hexadecimal
    body_personal LONGBLOB,        -- as received; NULL when the message is done
    content_type  BLOB NOT NULL,
    encoding      BLOB NOT NULL,
    proof         BIGINT NOT NULL,
    key_id        BLOB NOT NULL,
    sent_at       BIGINT NOT NULL,
    received_at   BIGINT NOT NULL,
    state         SMALLINT NOT NULL, -- 0 waiting, 1 done, 2 dead
    at            BIGINT NOT NULL,   -- when it is due, was done or given up
    why           BLOB NOT NULL,
    attempt       BIGINT NOT NULL,
    fence         BIGINT NOT NULL,
    leased        SMALLINT NOT NULL,
    UNIQUE (source, message_key),
    INDEX {p}inbox_state (state, at, seq)
) ENGINE = InnoDB;

-- Parcels that providers push about.
CREATE TABLE IF NOT EXISTS {p}subscriptions (
    carrier       VARBINARY(255) NOT NULL,
    courier       VARBINARY(255) NOT NULL,
    number        VARBINARY(255) NOT NULL,
    ref           BLOB NOT NULL,
    once          SMALLINT NOT NULL,
    lifetime      BIGINT NOT NULL, -- nanoseconds
    state         VARBINARY(255) NOT NULL,
    handle        VARBINARY(255) NOT NULL,
    created       SMALLINT NOT NULL,
    paid          SMALLINT NOT NULL,
    unsure        SMALLINT NOT NULL,
    registered_at BIGINT NOT NULL,
    expires_at    BIGINT NOT NULL,
    due_at        BIGINT NOT NULL, -- the latest time there is: never
    failures      BIGINT NOT NULL,
    why           BLOB NOT NULL,
    version       BIGINT NOT NULL,
    PRIMARY KEY (carrier, courier, number),
    INDEX {p}subscriptions_handle (carrier, handle),
    INDEX {p}subscriptions_due (carrier, due_at)
) ENGINE = InnoDB;

CREATE TABLE IF NOT EXISTS {p}endpoints (
    carrier  VARBINARY(255) NOT NULL PRIMARY KEY,
    endpoint BLOB NOT NULL
) ENGINE = InnoDB;

-- Who saw whose data (접속기록): lines that are chained by their hashes, only ever appended. They hold none of the data.
CREATE TABLE IF NOT EXISTS {p}accesses (
    n           BIGINT NOT NULL PRIMARY KEY,
    at          BIGINT NOT NULL,
    actor       BLOB NOT NULL,
    subject_key VARBINARY(255) NOT NULL,
    line        LONGBLOB NOT NULL,
    INDEX {p}accesses_at (at),
    INDEX {p}accesses_subject (subject_key, n)
) ENGINE = InnoDB;

-- The end of that chain; one row.
CREATE TABLE IF NOT EXISTS {p}accesses_end (
    id      BIGINT NOT NULL PRIMARY KEY,
    records BIGINT NOT NULL,
    hash    BLOB NOT NULL
) ENGINE = InnoDB;
INSERT INTO {p}accesses_end (id, records, hash) SELECT 1, 0, '' WHERE NOT EXISTS (SELECT 1 FROM {p}accesses_end);
