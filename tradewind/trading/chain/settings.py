"""Settings of the chain we trade on, and of the wallet we trade with."""

from pathlib import Path
from typing import Annotated, Final, Literal, Self

from pydantic import Field, SecretStr, model_validator

from tradewind.contracts.instruments.assets import Address
from tradewind.settings import ChainIdSettings, ChainNameSettings, OwnedSettings, seed_name
from tradewind.trading.chain.known_chains import DEVELOPMENT_CHAIN_IDS, TEST_CHAIN_IDS
from tradewind.trading.chain.rpc_client import MAX_ENDPOINTS
from tradewind.trading.chain.uniswap_v3 import MAINNET_CONTRACTS, UniswapV3Contracts

GWEI: Final = 10**9

RouterKind = Literal["swap_router", "swap_router_02"]
ApprovalMode = Literal["exact", "capped"]
Wei = Annotated[int, Field(ge=0, le=2**96)]


class ChainSettings(ChainIdSettings, ChainNameSettings):
    """A chain's nodes and contracts, and how transactions on it are made and followed."""

    eth_rpc_url: SecretStr = Field(validation_alias=seed_name("ETH_RPC_URL"))
    """Addresses of nodes separated by commas, the preferred one first. Paths may carry API keys."""
    allow_mainnet: bool = False
    """Must be true for any chain that is not known to be for development or tests."""

    uniswap_v3_factory: Address = MAINNET_CONTRACTS.factory
    """UniswapV3Factory, which lists the pools."""
    uniswap_v3_swap_router: Address = MAINNET_CONTRACTS.swap_router
    """SwapRouter."""
    uniswap_v3_swap_router_02: Address = MAINNET_CONTRACTS.swap_router_02
    """SwapRouter02."""
    uniswap_v3_quoter_v2: Address = MAINNET_CONTRACTS.quoter_v2
    """QuoterV2, asked before a swap is signed."""
    uniswap_v3_position_manager: Address = MAINNET_CONTRACTS.position_manager
    """NonfungiblePositionManager; only a development chain's pools need it."""
    uniswap_v3_tick_lens: Address = MAINNET_CONTRACTS.tick_lens
    """TickLens, which returns the initialised ticks of a pool."""
    uniswap_v3_wrapped_native: Address = MAINNET_CONTRACTS.wrapped_native
    """The ERC-20 token that wraps the native currency, such as WETH."""
    swap_router: RouterKind = "swap_router"
    """Which of the two routers swaps go through."""

    rpc_timeout_seconds: float = Field(10.0, gt=0, le=120)
    """How long a node may take to answer before the next one is asked."""
    chain_poll_interval_ms: int = Field(500, ge=20, le=60_000)
    """How often the market role asks for a new block."""
    confirmations: int = Field(1, ge=1, le=256)
    """Blocks from the transaction's own on before its outcome is final; 1 is its own block."""
    reorg_watch_blocks: int = Field(64, ge=0, le=1_024)
    """How long a settled transaction is still watched for a reorg deeper than `confirmations`."""

    max_fee_per_gas_wei: Wei = 200 * GWEI
    """The most a unit of gas may cost (EIP-1559 max fee)."""
    max_priority_fee_per_gas_wei: Wei = 5 * GWEI
    """The most of it that may go to the block's proposer."""
    min_priority_fee_per_gas_wei: Wei = GWEI // 10
    """The least of it that goes to the block's proposer."""
    approval: ApprovalMode = "exact"
    """exact: each swap approves its own amount. capped: a larger allowance serves several."""
    approval_cap_multiple: int = Field(10, ge=1, le=1_000_000)
    """A capped allowance is this many times the amount of the swap that needs it."""

    swap_deadline_seconds: int = Field(120, ge=1, le=3_600)
    """Time from the newest block to the deadline of every swap."""
    confirm_within_seconds: int = Field(600, ge=1, le=86_400)
    """After this time an outcome that is still unknown needs an operator."""
    replace_after_seconds: int = Field(60, ge=1, le=3_600)
    """A transaction that waits longer is replaced at higher fees."""
    rebroadcast_after_seconds: float = Field(2.0, gt=0, le=600)
    """A transaction that no node is known to have is broadcast again after this long."""
    tend_interval_ms: int = Field(250, ge=10, le=60_000)
    """How often the process that watches the wallet asks for a new block."""
    foreign_grace_seconds: float = Field(5.0, ge=0, le=600)
    """How long a nonce may seem taken by a foreign transaction before the wallet is halted."""
    max_open_slots: int = Field(64, ge=1, le=256)
    """Transactions of one wallet without an outcome; more wait."""

    @model_validator(mode="after")
    def _check_chain(self) -> Self:
        urls = self.rpc_urls()
        if not 1 <= len(urls) <= MAX_ENDPOINTS:
            raise ValueError(f"ETH_RPC_URL: between 1 and {MAX_ENDPOINTS} addresses")
        if not all(url.startswith(("http://", "https://")) for url in urls):
            raise ValueError("ETH_RPC_URL: every address must start with http:// or https://")
        if self.min_priority_fee_per_gas_wei > self.max_priority_fee_per_gas_wei:
            raise ValueError("min_priority_fee_per_gas_wei: exceeds max_priority_fee_per_gas_wei")
        if self.max_priority_fee_per_gas_wei > self.max_fee_per_gas_wei:
            raise ValueError("max_priority_fee_per_gas_wei: exceeds max_fee_per_gas_wei")
        return self

    def rpc_urls(self) -> tuple[str, ...]:
        """Return the nodes' addresses, the preferred one first."""
        urls = self.eth_rpc_url.get_secret_value().split(",")
        return tuple(url.strip() for url in urls if url.strip())

    def contracts(self) -> UniswapV3Contracts:
        """Return the addresses of Uniswap V3 on this chain."""
        return UniswapV3Contracts(
            factory=self.uniswap_v3_factory,
            swap_router=self.uniswap_v3_swap_router,
            swap_router_02=self.uniswap_v3_swap_router_02,
            quoter_v2=self.uniswap_v3_quoter_v2,
            position_manager=self.uniswap_v3_position_manager,
            tick_lens=self.uniswap_v3_tick_lens,
            wrapped_native=self.uniswap_v3_wrapped_native,
        )

    def is_mainnet(self) -> bool:
        """Return whether real money may be at stake: on every chain not known to be for tests."""
        return self.chain_id not in DEVELOPMENT_CHAIN_IDS | TEST_CHAIN_IDS


class WalletSettings(OwnedSettings):
    """The key that signs transactions. Only the orchestrator reads these."""

    wallet_key: SecretStr | None = None
    """Private key, 0x and 64 hexadecimal digits."""
    keystore_file: Path | None = None
    """An encrypted key in Ethereum's keystore format (Web3 Secret Storage, version 3)."""
    keystore_password: SecretStr | None = None
    """The keystore file's password."""
    keystore_password_file: Path | None = None
    """A file that holds only that password."""

    @model_validator(mode="after")
    def _check_wallet(self) -> Self:
        if self.wallet_key is not None and self.keystore_file is not None:
            raise ValueError("wallet_key: set either this or TRADEWIND_KEYSTORE_FILE")
        passwords = (self.keystore_password, self.keystore_password_file)
        if self.keystore_file is not None and passwords.count(None) != 1:
            raise ValueError(
                "keystore_password: a keystore file needs this or TRADEWIND_KEYSTORE_PASSWORD_FILE"
            )
        return self
