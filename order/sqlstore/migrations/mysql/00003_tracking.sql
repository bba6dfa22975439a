-- +goose Up

-- Uses of waybill numbers, with what all evidence on each amounts to. A watch has its shipment, always.
CREATE TABLE IF NOT EXISTS {p}shipments (
    courier      VARBINARY(255) NOT NULL,
    number       VARBINARY(255) NOT NULL,
    generation   BIGINT NOT NULL,         -- 1 for the first use of the number
    known        SMALLINT NOT NULL,       -- 1: some carrier had data; the rest means nothing before
    status       VARBINARY(255) NOT NULL, -- such as OUT_FOR_DELIVERY
    sub          VARBINARY(255) NOT NULL,
    reason       VARBINARY(255) NOT NULL,
    delivered_at BIGINT NOT NULL,
    doubts       VARBINARY(255) NOT NULL, -- names, with commas
    inferred     SMALLINT NOT NULL,       -- 1: returned by the shape of the route alone
    changed_at   BIGINT NOT NULL,         -- when anything new was last seen
    state        LONGBLOB,                -- all of it, as JSON; NULL before anything is known
    evidence     BIGINT NOT NULL,         -- how many rows of evidence there are
    evidence_end BIGINT NOT NULL,         -- the last position that was given
    newest       LONGBLOB NOT NULL,       -- when each carrier last gave an answer that counts, as JSON
    answers_end  BIGINT NOT NULL,
    PRIMARY KEY (courier, number, generation)
) ENGINE = InnoDB;

-- Evidence: scans and the carriers' own summaries, one row each, which a newer answer may revise where it stands.
CREATE TABLE IF NOT EXISTS {p}events (
    courier      VARBINARY(255) NOT NULL,
    number       VARBINARY(255) NOT NULL,
    generation   BIGINT NOT NULL,
    n            BIGINT NOT NULL,         -- its position, in the order of arrival
    kind         VARBINARY(255) NOT NULL, -- scan or verdict
    carrier      VARBINARY(255) NOT NULL,
    at           BIGINT NOT NULL,         -- when it happened; of a verdict, the time it speaks of; the earliest time there is: unknown
    published_at BIGINT NOT NULL,
    seen_at      BIGINT NOT NULL,         -- when it was first seen
    status       VARBINARY(255) NOT NULL,
    sub          VARBINARY(255) NOT NULL,
    code         VARBINARY(255) NOT NULL, -- this, text and place are cut at 255 bytes
    text         VARBINARY(255) NOT NULL,
    place        VARBINARY(255) NOT NULL,
    map_version  VARBINARY(255) NOT NULL,
    answer_at    BIGINT,                  -- of the answer that holds it; NULL: the newest of its carrier
    pos          BIGINT NOT NULL,         -- its position there
    item         LONGBLOB NOT NULL,       -- all of it, as JSON, but for the two above and the one below
    raw_personal LONGBLOB,                -- the provider's own form, where the host asked for it
    PRIMARY KEY (courier, number, generation, n)
) ENGINE = InnoDB;

-- Decisions to keep asking a carrier.
CREATE TABLE IF NOT EXISTS {p}watches (
    courier        VARBINARY(255) NOT NULL,
    number         VARBINARY(255) NOT NULL,
    generation     BIGINT NOT NULL,
    carrier        VARBINARY(255) NOT NULL,
    role           VARBINARY(255) NOT NULL,
    ref            BLOB NOT NULL,
    since_at       BIGINT NOT NULL,
    extra_personal BLOB NOT NULL,   -- the courier's extra fields, as JSON
    recall         SMALLINT NOT NULL,
    life           VARBINARY(255) NOT NULL,
    reason         VARBINARY(255) NOT NULL,
    began_at       BIGINT NOT NULL,
    opened_at      BIGINT NOT NULL,
    due_at         BIGINT NOT NULL,
    why            BLOB NOT NULL,
    asked_at       BIGINT NOT NULL,
    changed_at     BIGINT NOT NULL,
    settled_at     BIGINT NOT NULL,
    settled_as     VARBINARY(255) NOT NULL,
    checks         BIGINT NOT NULL,
    asks           BIGINT NOT NULL,
    today          BIGINT NOT NULL,
    day            VARBINARY(255) NOT NULL,
    not_found      BIGINT NOT NULL,
    failures       BIGINT NOT NULL,
    last_failure   VARBINARY(255) NOT NULL,
    ready_at       BIGINT NOT NULL, -- when it can be claimed: due_at or, of a leased one, the end of the lease
    fence          BIGINT NOT NULL,
    leased         SMALLINT NOT NULL,
    PRIMARY KEY (courier, number, generation, carrier, role),
    INDEX {p}watches_ready (life, carrier, ready_at)
) ENGINE = InnoDB;

-- What carriers said when it brought anything new.
CREATE TABLE IF NOT EXISTS {p}raw_answers (
    courier    VARBINARY(255) NOT NULL,
    number     VARBINARY(255) NOT NULL,
    generation BIGINT NOT NULL,
    n          BIGINT NOT NULL,
    carrier    VARBINARY(255) NOT NULL,
    door       VARBINARY(255) NOT NULL, -- poll or push
    at         BIGINT NOT NULL,         -- when it was seen
    size       BIGINT NOT NULL,         -- bytes of the JSON before it was compressed
    cut        SMALLINT NOT NULL,       -- 1: too large; the oldest scans are left out
    answer     LONGBLOB NOT NULL,       -- the parcel as JSON, compressed (gzip)
    PRIMARY KEY (courier, number, generation, n),
    INDEX {p}raw_answers_at (at)
) ENGINE = InnoDB;
