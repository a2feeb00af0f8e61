-- The registry of instruments: a row for every version, with the bytes of the event that made it so. The highest version
-- of an instrument is in force from the moment its row is there. The sweeper publishes the event until the ledger has it,
-- and puts rows right by the ledger.
CREATE TABLE instruments (
    instrument text COLLATE "C" NOT NULL,
    version integer NOT NULL CHECK (version > 0),
    event_id text COLLATE "C" NOT NULL,
    body bytea NOT NULL,
    PRIMARY KEY (instrument, version)
);

-- Who decides or answers by the registry reads it; people change it through the command line and the API.
GRANT SELECT ON instruments TO tradewind_risk, tradewind_portfolio, tradewind_planner, tradewind_gateway,
    tradewind_sweeper;
GRANT INSERT ON instruments TO tradewind_operator, tradewind_gateway;
GRANT INSERT, UPDATE (event_id, body) ON instruments TO tradewind_sweeper;
