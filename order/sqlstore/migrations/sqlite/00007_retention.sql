-- +goose Up

-- 1: what was known of the shipment is forgotten, and only that there was one stays.
ALTER TABLE {p}fulfil_shipments ADD COLUMN forgotten SMALLINT NOT NULL DEFAULT 0;
CREATE INDEX IF NOT EXISTS {p}fulfil_shipments_seen ON {p}fulfil_shipments (forgotten, seen_at, courier, number, generation);

-- Watches of a life, page by page.
CREATE INDEX IF NOT EXISTS {p}watches_life ON {p}watches (life, courier, number, generation, carrier, role);
