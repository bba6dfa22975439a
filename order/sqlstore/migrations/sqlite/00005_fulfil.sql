-- +goose Up

-- What fulfilment knows of a shipment besides its evidence. It has a row in {p}shipments, always.
CREATE TABLE IF NOT EXISTS {p}fulfil_shipments (
    courier    TEXT NOT NULL,
    number     TEXT NOT NULL,
    generation BIGINT NOT NULL,
    carrier    TEXT NOT NULL,   -- whose watch is the primary one
    since_at   BIGINT NOT NULL, -- when a section first carried the waybill; the earliest time there is: not known
    epoch      BIGINT NOT NULL,
    seen_at    BIGINT NOT NULL, -- when a fact was last applied to orders
    awaiting   TEXT NOT NULL,   -- why actions are held; empty: they are not
    pin        TEXT,            -- a person's correction, as JSON
    PRIMARY KEY (courier, number, generation)
);
CREATE INDEX IF NOT EXISTS {p}fulfil_shipments_since ON {p}fulfil_shipments (since_at);
CREATE INDEX IF NOT EXISTS {p}fulfil_shipments_awaiting ON {p}fulfil_shipments (awaiting);

-- Orders whose goods travel, or travelled, under a waybill.
CREATE TABLE IF NOT EXISTS {p}fulfil_links (
    courier    TEXT NOT NULL,
    number     TEXT NOT NULL,
    generation BIGINT NOT NULL,
    order_id   TEXT NOT NULL,
    role       TEXT NOT NULL,
    PRIMARY KEY (courier, number, generation, order_id, role)
);
CREATE INDEX IF NOT EXISTS {p}fulfil_links_order ON {p}fulfil_links (order_id);

-- Why facts moved orders, or did not.
CREATE TABLE IF NOT EXISTS {p}fulfil_traces (
    order_id   TEXT NOT NULL,
    command_id TEXT NOT NULL,
    n          BIGINT NOT NULL, -- its position in the order's
    trace      TEXT NOT NULL,
    PRIMARY KEY (order_id, command_id)
);
CREATE INDEX IF NOT EXISTS {p}fulfil_traces_n ON {p}fulfil_traces (order_id, n);

-- When each job of the night was begun last.
CREATE TABLE IF NOT EXISTS {p}fulfil_jobs (
    name       TEXT NOT NULL,
    granted_at BIGINT NOT NULL,
    PRIMARY KEY (name)
);

-- What is to be done outside.
CREATE TABLE IF NOT EXISTS {p}outbox (
    task_key   TEXT NOT NULL,   -- the action's key; of a long one the beginning and the SHA-256
    stream     TEXT NOT NULL,   -- the order whose tasks go out one after the other
    n          BIGINT NOT NULL, -- its position in the stream
    action     TEXT NOT NULL,
    state      TEXT NOT NULL,   -- waiting, done, dead, passed or withdrawn
    attempts   BIGINT NOT NULL,
    due_at     BIGINT NOT NULL,
    fence      BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    done_at    BIGINT NOT NULL, -- the earliest time there is: not yet
    why        TEXT NOT NULL,
    payload    TEXT NOT NULL,   -- the action as JSON
    PRIMARY KEY (task_key)
);
CREATE INDEX IF NOT EXISTS {p}outbox_stream ON {p}outbox (stream, state, n);
CREATE INDEX IF NOT EXISTS {p}outbox_state ON {p}outbox (state, task_key);

-- The streams of the outbox. Whoever changes tasks of a stream locks its row first.
CREATE TABLE IF NOT EXISTS {p}streams (
    stream   TEXT NOT NULL,
    last_n   BIGINT NOT NULL,   -- the last position that was given
    head_key TEXT NOT NULL,     -- the task that can be claimed; empty: none waits
    leased   SMALLINT NOT NULL, -- 1: it is claimed
    ready_at BIGINT NOT NULL,   -- when it can be claimed: when it is due, or its lease ends; the latest time there is: none waits
    PRIMARY KEY (stream)
);
CREATE INDEX IF NOT EXISTS {p}streams_ready ON {p}streams (ready_at);
