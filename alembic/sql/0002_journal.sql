-- The transaction journal: which nonce of which wallet belongs to which step of a plan, for ever, and every
-- signed form the transaction ever had. Amounts and fees are wei or base units.
CREATE TABLE wallets (
    chain_id bigint NOT NULL,
    address text COLLATE "C" NOT NULL,
    -- of the chain's block 1: development chains share their id, and anvil makes block 0 anew at every start
    first_block_hash text NOT NULL DEFAULT '',
    next_nonce bigint NOT NULL CHECK (next_nonce >= 0),
    halted_reason text,
    halted_at timestamptz,
    tended_at timestamptz NOT NULL DEFAULT '-infinity',
    registered_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (chain_id, address),
    CHECK ((halted_reason IS NULL) = (halted_at IS NULL))
);

-- The first decision about a step wins for ever.
CREATE TABLE steps (
    plan_id text COLLATE "C" NOT NULL,
    step_index integer NOT NULL CHECK (step_index >= 0),
    outcome text NOT NULL CHECK (outcome IN ('signed', 'refused', 'expired')),
    reason text NOT NULL DEFAULT '',
    detail text NOT NULL DEFAULT '',
    chain_id bigint,
    address text COLLATE "C",
    nonce bigint,
    decided_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (plan_id, step_index),
    CHECK ((outcome = 'signed') = (nonce IS NOT NULL))
);

CREATE TABLE slots (
    chain_id bigint NOT NULL,
    address text COLLATE "C" NOT NULL,
    nonce bigint NOT NULL CHECK (nonce >= 0),
    purpose text NOT NULL CHECK (purpose IN ('swap', 'approval')),
    plan_id text COLLATE "C" NOT NULL,
    step_index integer NOT NULL,
    target text COLLATE "C" NOT NULL,
    data bytea NOT NULL,
    deadline timestamptz NOT NULL,
    description jsonb NOT NULL,
    state text NOT NULL DEFAULT 'signed' CHECK (
        state IN ('signed', 'broadcast', 'mined', 'succeeded', 'reverted', 'cancelled', 'nonce_taken')
    ),
    mined_block_number bigint,
    mined_block_hash text,
    mined_tx_hash text,
    amount_in numeric(78, 0),
    amount_out numeric(78, 0),
    gas_used bigint,
    effective_gas_price_wei numeric(78, 0),
    reason text NOT NULL DEFAULT '',
    detail text NOT NULL DEFAULT '',
    submitted_at timestamptz,
    foreign_since timestamptz,
    foreign_acknowledged_at timestamptz,
    cancel_requested_at timestamptz,
    cancel_requested_by text,
    created_at timestamptz NOT NULL DEFAULT now(),
    settled_at timestamptz,
    PRIMARY KEY (chain_id, address, nonce),
    FOREIGN KEY (chain_id, address) REFERENCES wallets,
    CHECK ((settled_at IS NOT NULL) = (state IN ('succeeded', 'reverted', 'cancelled', 'nonce_taken'))),
    CHECK (state <> 'mined' OR mined_block_hash IS NOT NULL)
) WITH (fillfactor = 70);
CREATE UNIQUE INDEX slots_step ON slots (plan_id, step_index) WHERE purpose = 'swap';
CREATE INDEX slots_open ON slots (chain_id, address, nonce) WHERE settled_at IS NULL;
CREATE INDEX slots_settled ON slots (chain_id, address, mined_block_number) WHERE settled_at IS NOT NULL;

CREATE TABLE generations (
    chain_id bigint NOT NULL,
    address text COLLATE "C" NOT NULL,
    nonce bigint NOT NULL,
    generation integer NOT NULL CHECK (generation >= 0),
    purpose text NOT NULL CHECK (purpose IN ('original', 'replacement', 'cancel')),
    tx_hash text COLLATE "C" NOT NULL UNIQUE CHECK (tx_hash ~ '^0x[0-9a-f]{64}$'),
    raw bytea NOT NULL,
    gas_limit bigint NOT NULL CHECK (gas_limit > 0),
    max_fee_per_gas_wei numeric(78, 0) NOT NULL,
    max_priority_fee_per_gas_wei numeric(78, 0) NOT NULL,
    signed_at timestamptz NOT NULL DEFAULT now(),
    broadcast_at timestamptz,
    broadcast_answer text NOT NULL DEFAULT '',
    PRIMARY KEY (chain_id, address, nonce, generation),
    FOREIGN KEY (chain_id, address, nonce) REFERENCES slots
);

-- Every time a block that held one of our transactions left the chain.
CREATE TABLE reorgs (
    chain_id bigint NOT NULL,
    address text COLLATE "C" NOT NULL,
    nonce bigint NOT NULL,
    reorg_index integer NOT NULL CHECK (reorg_index >= 0),
    tx_hash text COLLATE "C" NOT NULL,
    block_number bigint NOT NULL,
    block_hash text NOT NULL,
    after_settlement boolean NOT NULL,
    seen_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (chain_id, address, nonce, reorg_index),
    FOREIGN KEY (chain_id, address, nonce) REFERENCES slots
);

-- What a spender will still be allowed to take once every slot up to next_nonce is mined.
CREATE TABLE allowances (
    chain_id bigint NOT NULL,
    address text COLLATE "C" NOT NULL,
    token text COLLATE "C" NOT NULL,
    spender text COLLATE "C" NOT NULL,
    projected numeric(78, 0) NOT NULL CHECK (projected >= 0),
    PRIMARY KEY (chain_id, address, token, spender),
    FOREIGN KEY (chain_id, address) REFERENCES wallets
);
