-- +goose Up

-- Uses of waybill numbers, with what all evidence on each amounts to. A watch has its shipment, always.
CREATE TABLE IF NOT EXISTS {p}shipments (
    courier      TEXT COLLATE "C" NOT NULL,
    number       TEXT COLLATE "C" NOT NULL,
    generation   BIGINT NOT NULL,           -- 1 for the first use of the number
    known        SMALLINT NOT NULL,         -- 1: some carrier had data; the rest means nothing before
    status       TEXT COLLATE "C" NOT NULL, -- such as OUT_FOR_DELIVERY
    sub          TEXT COLLATE "C" NOT NULL,
    reason       TEXT COLLATE "C" NOT NULL,
    delivered_at BIGINT NOT NULL,
    doubts       TEXT COLLATE "C" NOT NULL, -- names, with commas
    inferred     SMALLINT NOT NULL,         -- 1: returned by the shape of the route alone
    changed_at   BIGINT NOT NULL,           -- when anything new was last seen
    state        TEXT,                      -- all of it, as JSON; NULL before anything is known
    evidence     BIGINT NOT NULL,           -- how many rows of evidence there are
    evidence_end BIGINT NOT NULL,           -- the last position that was given
    newest       TEXT NOT NULL,             -- when each carrier last gave an answer that counts, as JSON
    answers_end  BIGINT NOT NULL,
    PRIMARY KEY (courier, number, generation)
);

-- Evidence: scans and the carriers' own summaries, one row each, which a newer answer may revise where it stands.
CREATE TABLE IF NOT EXISTS {p}events (
    courier      TEXT COLLATE "C" NOT NULL,
    number       TEXT COLLATE "C" NOT NULL,
    generation   BIGINT NOT NULL,
    n            BIGINT NOT NULL,           -- its position, in the order of arrival
    kind         TEXT COLLATE "C" NOT NULL, -- scan or verdict
    carrier      TEXT COLLATE "C" NOT NULL,
    at           BIGINT NOT NULL,           -- when it happened; of a verdict, the time it speaks of; the earliest time there is: unknown
    published_at BIGINT NOT NULL,
    seen_at      BIGINT NOT NULL,           -- when it was first seen
    status       TEXT COLLATE "C" NOT NULL,
    sub          TEXT COLLATE "C" NOT NULL,
    code         TEXT COLLATE "C" NOT NULL, -- this, text and place are cut at 255 bytes
    text         TEXT COLLATE "C" NOT NULL,
    place        TEXT COLLATE "C" NOT NULL,
    map_version  TEXT COLLATE "C" NOT NULL,
    answer_at    BIGINT,                    -- of the answer that holds it; NULL: the newest of its carrier
    pos          BIGINT NOT NULL,           -- its position there
    item         TEXT NOT NULL,             -- all of it, as JSON, but for the two above and the one below
    raw_personal TEXT,                      -- the provider's own form, where the host asked for it
    PRIMARY KEY (courier, number, generation, n)
);

-- Decisions to keep asking a carrier.
CREATE TABLE IF NOT EXISTS {p}watches (
    courier        TEXT COLLATE "C" NOT NULL,
    number         TEXT COLLATE "C" NOT NULL,
    generation     BIGINT NOT NULL,
    carrier        TEXT COLLATE "C" NOT NULL,
    role           TEXT COLLATE "C" NOT NULL,
    ref            TEXT NOT NULL,
    since_at       BIGINT NOT NULL,
    extra_personal TEXT NOT NULL,   -- the courier's extra fields, as JSON
    recall         SMALLINT NOT NULL,
    life           TEXT COLLATE "C" NOT NULL,
    reason         TEXT COLLATE "C" NOT NULL,
    began_at       BIGINT NOT NULL,
    opened_at      BIGINT NOT NULL,
    due_at         BIGINT NOT NULL,
    why            TEXT NOT NULL,
    asked_at       BIGINT NOT NULL,
    changed_at     BIGINT NOT NULL,
    settled_at     BIGINT NOT NULL,
    settled_as     TEXT COLLATE "C" NOT NULL,
    checks         BIGINT NOT NULL,
    asks           BIGINT NOT NULL,
    today          BIGINT NOT NULL,
    day            TEXT COLLATE "C" NOT NULL,
    not_found      BIGINT NOT NULL,
    failures       BIGINT NOT NULL,
    last_failure   TEXT COLLATE "C" NOT NULL,
    ready_at       BIGINT NOT NULL, -- when it can be claimed: due_at or, of a leased one, the end of the lease
    fence          BIGINT NOT NULL,
    leased         SMALLINT NOT NULL,
    PRIMARY KEY (courier, number, generation, carrier, role)
);
CREATE INDEX IF NOT EXISTS {p}watches_ready ON {p}watches (life, carrier, ready_at);

-- What carriers said when it brought anything new.
CREATE TABLE IF NOT EXISTS {p}raw_answers (
    courier    TEXT COLLATE "C" NOT NULL,
    number     TEXT COLLATE "C" NOT NULL,
    generation BIGINT NOT NULL,
    n          BIGINT NOT NULL,
    carrier    TEXT COLLATE "C" NOT NULL,
    door       TEXT COLLATE "C" NOT NULL, -- poll or push
    at         BIGINT NOT NULL,           -- when it was seen
    size       BIGINT NOT NULL,           -- bytes of the JSON before it was compressed
    cut        SMALLINT NOT NULL,         -- 1: too large; the oldest scans are left out
    answer     BYTEA NOT NULL,            -- the parcel as JSON, compressed (gzip)
    PRIMARY KEY (courier, number, generation, n)
);
CREATE INDEX IF NOT EXISTS {p}raw_answers_at ON {p}raw_answers (at);
