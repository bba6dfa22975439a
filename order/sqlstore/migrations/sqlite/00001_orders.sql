-- +goose Up

-- Orders as they stand. A column whose name ends in _personal holds personal data (개인정보) in the clear.
CREATE TABLE IF NOT EXISTS {p}orders (
    id                TEXT NOT NULL PRIMARY KEY,
    tenant            TEXT NOT NULL,
    created_at        BIGINT NOT NULL, -- of the Created event; all times are nanoseconds since 1970, UTC
    version           BIGINT NOT NULL,
    seq               BIGINT NOT NULL, -- how many events the history has: what a save compares and sets
    snapshot_personal TEXT NOT NULL    -- the order as JSON, without its history
);

-- One row for every event, written once and never changed.
CREATE TABLE IF NOT EXISTS {p}history (
    order_id       TEXT NOT NULL,
    seq            BIGINT NOT NULL,
    event          TEXT NOT NULL,
    command_id     TEXT NOT NULL,
    at             BIGINT NOT NULL,
    event_personal TEXT NOT NULL, -- the event as JSON
    PRIMARY KEY (order_id, seq)
);

-- What lists are filtered by. Rows follow from the snapshot.
CREATE TABLE IF NOT EXISTS {p}sections (
    order_id           TEXT NOT NULL,
    section_id         TEXT NOT NULL,
    position           BIGINT NOT NULL,   -- in the order
    tenant             TEXT NOT NULL,
    created_at         BIGINT NOT NULL,   -- of the order
    listed             SMALLINT NOT NULL, -- 0: lists leave it out
    status             SMALLINT NOT NULL,
    channel            TEXT NOT NULL,
    delivery_no        TEXT NOT NULL,      -- 배송번호
    recall_delivery_no TEXT NOT NULL,      -- 회수배송번호
    method             TEXT NOT NULL,
    place              TEXT NOT NULL,
    waybill            TEXT NOT NULL,      -- 운송장번호
    recall_waybill     TEXT NOT NULL,
    claim_type         TEXT NOT NULL,      -- of the open claim
    exception          SMALLINT NOT NULL,
    PRIMARY KEY (order_id, section_id)
);
CREATE INDEX IF NOT EXISTS {p}sections_listed ON {p}sections (tenant, listed, created_at, order_id, position);
CREATE INDEX IF NOT EXISTS {p}sections_status ON {p}sections (tenant, listed, status, created_at);
CREATE INDEX IF NOT EXISTS {p}sections_delivery ON {p}sections (tenant, delivery_no);
CREATE INDEX IF NOT EXISTS {p}sections_recall ON {p}sections (tenant, recall_delivery_no);
CREATE INDEX IF NOT EXISTS {p}sections_waybill ON {p}sections (tenant, waybill);
CREATE INDEX IF NOT EXISTS {p}sections_recall_waybill ON {p}sections (tenant, recall_waybill);

CREATE TABLE IF NOT EXISTS {p}items (
    order_id   TEXT NOT NULL,
    section_id TEXT NOT NULL,
    position   BIGINT NOT NULL, -- in the section
    item_id    TEXT NOT NULL,
    line_id    TEXT NOT NULL,
    sku        TEXT NOT NULL,
    quantity   BIGINT NOT NULL,
    PRIMARY KEY (order_id, section_id, item_id)
);
CREATE INDEX IF NOT EXISTS {p}items_sku ON {p}items (sku, order_id);

CREATE TABLE IF NOT EXISTS {p}claims (
    order_id   TEXT NOT NULL,
    claim_id   TEXT NOT NULL,
    section_id TEXT NOT NULL,
    type       TEXT NOT NULL,
    outcome    TEXT NOT NULL,
    PRIMARY KEY (order_id, claim_id)
);
CREATE INDEX IF NOT EXISTS {p}claims_open ON {p}claims (outcome, type);
