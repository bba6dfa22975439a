-- +goose Up

-- Orders as they stand. A column whose name ends in _personal holds personal data (개인정보) in the clear.
CREATE TABLE IF NOT EXISTS {p}orders (
    id                VARBINARY(255) NOT NULL PRIMARY KEY,
    tenant            VARBINARY(255) NOT NULL,
    created_at        BIGINT NOT NULL, -- of the Created event; all times are nanoseconds since 1970, UTC
    version           BIGINT NOT NULL,
    seq               BIGINT NOT NULL, -- how many events the history has: what a save compares and sets
    snapshot_personal LONGBLOB NOT NULL    -- the order as JSON, without its history
) ENGINE = InnoDB;

-- One row for every event, written once and never changed.
CREATE TABLE IF NOT EXISTS {p}history (
    order_id       VARBINARY(255) NOT NULL,
    seq            BIGINT NOT NULL,
    event          VARBINARY(255) NOT NULL,
    command_id     VARBINARY(255) NOT NULL,
    at             BIGINT NOT NULL,
    event_personal LONGBLOB NOT NULL, -- the event as JSON
    PRIMARY KEY (order_id, seq)
) ENGINE = InnoDB;

-- What lists are filtered by. Rows follow from the snapshot.
CREATE TABLE IF NOT EXISTS {p}sections (
    order_id           VARBINARY(255) NOT NULL,
    section_id         VARBINARY(255) NOT NULL,
    position           BIGINT NOT NULL,   -- in the order
    tenant             VARBINARY(255) NOT NULL,
    created_at         BIGINT NOT NULL,   -- of the order
    listed             SMALLINT NOT NULL, -- 0: lists leave it out
    status             SMALLINT NOT NULL,
    channel            VARBINARY(255) NOT NULL,
    delivery_no        VARBINARY(255) NOT NULL,      -- 배송번호
    recall_delivery_no VARBINARY(255) NOT NULL,      -- 회수배송번호
    method             VARBINARY(255) NOT NULL,
    place              VARBINARY(255) NOT NULL,
    waybill            VARBINARY(255) NOT NULL,      -- 운송장번호
    recall_waybill     VARBINARY(255) NOT NULL,
    claim_type         VARBINARY(255) NOT NULL,      -- of the open claim
    exception          SMALLINT NOT NULL,
    PRIMARY KEY (order_id, section_id),
    INDEX {p}sections_recall_waybill (tenant, recall_waybill),
    INDEX {p}sections_waybill (tenant, waybill),
    INDEX {p}sections_recall (tenant, recall_delivery_no),
    INDEX {p}sections_delivery (tenant, delivery_no),
    INDEX {p}sections_status (tenant, listed, status, created_at),
    INDEX {p}sections_listed (tenant, listed, created_at, order_id, position)
) ENGINE = InnoDB;

CREATE TABLE IF NOT EXISTS {p}items (
    order_id   VARBINARY(255) NOT NULL,
    section_id VARBINARY(255) NOT NULL,
    position   BIGINT NOT NULL, -- in the section
    item_id    VARBINARY(255) NOT NULL,
    line_id    VARBINARY(255) NOT NULL,
    sku        VARBINARY(255) NOT NULL,
    quantity   BIGINT NOT NULL,
    PRIMARY KEY (order_id, section_id, item_id),
    INDEX {p}items_sku (sku, order_id)
) ENGINE = InnoDB;

CREATE TABLE IF NOT EXISTS {p}claims (
    order_id   VARBINARY(255) NOT NULL,
    claim_id   VARBINARY(255) NOT NULL,
    section_id VARBINARY(255) NOT NULL,
    type       VARBINARY(255) NOT NULL,
    outcome    VARBINARY(255) NOT NULL,
    PRIMARY KEY (order_id, claim_id),
    INDEX {p}claims_open (outcome, type)
) ENGINE = InnoDB;
