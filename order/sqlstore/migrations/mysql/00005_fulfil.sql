-- +goose Up

-- What fulfilment knows of a shipment besides its evidence. It has a row in {p}shipments, always.
CREATE TABLE IF NOT EXISTS {p}fulfil_shipments (
    courier    VARBINARY(255) NOT NULL,
    number     VARBINARY(255) NOT NULL,
    generation BIGINT NOT NULL,
    carrier    VARBINARY(255) NOT NULL, -- whose watch is the primary one
    since_at   BIGINT NOT NULL,         -- when a section first carried the waybill; the earliest time there is: not known
    epoch      BIGINT NOT NULL,
    seen_at    BIGINT NOT NULL,         -- when a fact was last applied to orders
    awaiting   VARBINARY(255) NOT NULL, -- why actions are held; empty: they are not
    pin        LONGBLOB,                -- a person's correction, as JSON
    PRIMARY KEY (courier, number, generation),
    INDEX {p}fulfil_shipments_since (since_at),
    INDEX {p}fulfil_shipments_awaiting (awaiting)
) ENGINE = InnoDB;

-- Orders whose goods travel, or travelled, under a waybill.
CREATE TABLE IF NOT EXISTS {p}fulfil_links (
    courier    VARBINARY(255) NOT NULL,
    number     VARBINARY(255) NOT NULL,
    generation BIGINT NOT NULL,
    order_id   VARBINARY(255) NOT NULL,
    role       VARBINARY(255) NOT NULL,
    PRIMARY KEY (courier, number, generation, order_id, role),
    INDEX {p}fulfil_links_order (order_id)
) ENGINE = InnoDB;

-- Why facts moved orders, or did not.
CREATE TABLE IF NOT EXISTS {p}fulfil_traces (
    order_id   VARBINARY(255) NOT NULL,
    command_id VARBINARY(255) NOT NULL,
    n          BIGINT NOT NULL, -- its position in the order's
    trace      LONGBLOB NOT NULL,
    PRIMARY KEY (order_id, command_id),
    INDEX {p}fulfil_traces_n (order_id, n)
) ENGINE = InnoDB;

-- When each job of the night was begun last.
CREATE TABLE IF NOT EXISTS {p}fulfil_jobs (
    name       VARBINARY(255) NOT NULL,
    granted_at BIGINT NOT NULL,
    PRIMARY KEY (name)
) ENGINE = InnoDB;

-- What is to be done outside.
CREATE TABLE IF NOT EXISTS {p}outbox (
    task_key   VARBINARY(255) NOT NULL, -- the action's key; of a long one the beginning and the SHA-256
    stream     VARBINARY(255) NOT NULL, -- the order whose tasks go out one after the other
    n          BIGINT NOT NULL,         -- its position in the stream
    action     VARBINARY(255) NOT NULL,
    state      VARBINARY(255) NOT NULL, -- waiting, done, dead, passed or withdrawn
    attempts   BIGINT NOT NULL,
    due_at     BIGINT NOT NULL,
    fence      BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    done_at    BIGINT NOT NULL,         -- the earliest time there is: not yet
    why        BLOB NOT NULL,
    payload    LONGBLOB NOT NULL,       -- the action as JSON
    PRIMARY KEY (task_key),
    INDEX {p}outbox_stream (stream, state, n),
    INDEX {p}outbox_state (state, task_key)
) ENGINE = InnoDB;

-- The streams of the outbox. Whoever changes tasks of a stream locks its row first.
CREATE TABLE IF NOT EXISTS {p}streams (
    stream   VARBINARY(255) NOT NULL,
    last_n   BIGINT NOT NULL,         -- the last position that was given
    head_key VARBINARY(255) NOT NULL, -- the task that can be claimed; empty: none waits
    leased   SMALLINT NOT NULL,       -- 1: it is claimed
    ready_at BIGINT NOT NULL,         -- when it can be claimed: when it is due, or its lease ends; the latest time there is: none waits
    PRIMARY KEY (stream),
    INDEX {p}streams_ready (ready_at)
) ENGINE = InnoDB;
