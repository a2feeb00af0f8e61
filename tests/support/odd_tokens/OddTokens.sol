// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

/// ERC-20 tokens as there are on real chains, one oddity each. `arm` switches the oddity on, so that
/// pools and wallets can be filled before.
abstract contract Ledger {
    event Transfer(address indexed from, address indexed to, uint256 value);
    event Approval(address indexed owner, address indexed spender, uint256 value);

    address internal constant COLLECTOR = address(0xFEE);

    bool public armed;
    mapping(address => uint256) internal held;
    mapping(address => mapping(address => uint256)) public allowance;

    function arm() external {
        armed = true;
    }

    function mint(address to, uint256 value) external {
        held[to] += value;
        emit Transfer(address(0), to, value);
    }

    /// An allowance that comes from elsewhere.
    function preset(address owner, address spender, uint256 value) external {
        allowance[owner][spender] = value;
    }

    function balanceOf(address owner) public view virtual returns (uint256) {
        return held[owner];
    }

    function decimals() external view virtual returns (uint8) {
        return 18;
    }

    function permit(address spender, uint256 value) internal virtual {
        allowance[msg.sender][spender] = value;
        emit Approval(msg.sender, spender, value);
    }

    function spend(address from, uint256 value) internal virtual {
        uint256 allowed = allowance[from][msg.sender];
        require(allowed >= value, "allowance");
        allowance[from][msg.sender] = allowed - value;
    }

    function move(address from, address to, uint256 value) internal virtual {
        held[from] -= value;
        held[to] += value;
        log(from, to, value);
    }

    function log(address from, address to, uint256 value) internal virtual {
        emit Transfer(from, to, value);
    }
}

contract Plain is Ledger {
    function approve(address spender, uint256 value) external virtual returns (bool) {
        permit(spender, value);
        return true;
    }

    function transfer(address to, uint256 value) external virtual returns (bool) {
        move(msg.sender, to, value);
        return true;
    }

    function transferFrom(address from, address to, uint256 value) external virtual returns (bool) {
        spend(from, value);
        move(from, to, value);
        return true;
    }
}

contract NoReturnValue is Ledger {
    function approve(address spender, uint256 value) external {
        permit(spender, value);
    }

    function transfer(address to, uint256 value) external {
        move(msg.sender, to, value);
    }

    function transferFrom(address from, address to, uint256 value) external {
        spend(from, value);
        move(from, to, value);
    }
}

contract FeeOnTransfer is Plain {
    function move(address from, address to, uint256 value) internal override {
        uint256 fee = armed ? (value * 3) / 100 : 0;
        super.move(from, to, value - fee);
        if (fee > 0) super.move(from, COLLECTOR, fee);
    }
}

contract FeeThatIsNotLogged is Plain {
    function move(address from, address to, uint256 value) internal override {
        super.move(from, to, value);
        if (armed) held[to] -= (value * 3) / 100;
    }
}

contract FeeOnTop is Plain {
    function move(address from, address to, uint256 value) internal override {
        super.move(from, to, value);
        if (armed) super.move(from, COLLECTOR, (value * 3) / 100);
    }
}

contract ApproveFromZeroOnly is Plain {
    function permit(address spender, uint256 value) internal override {
        require(value == 0 || allowance[msg.sender][spender] == 0, "approve from non-zero");
        super.permit(spender, value);
    }
}

contract AllowanceStays is Plain {
    function spend(address from, uint256 value) internal view override {
        require(allowance[from][msg.sender] >= value, "allowance");
    }
}

contract ApproveAnswersFalse is Plain {
    function approve(address, uint256) external pure override returns (bool) {
        return false;
    }
}

contract PausedByError is Plain {
    error EnforcedPause();

    function move(address from, address to, uint256 value) internal override {
        if (armed) revert EnforcedPause();
        super.move(from, to, value);
    }
}

contract PausedByText is Plain {
    function move(address from, address to, uint256 value) internal override {
        require(!armed, "Pausable: paused");
        super.move(from, to, value);
    }
}

contract WalletBlocked is Plain {
    error NotWelcome(address account);

    function move(address from, address to, uint256 value) internal override {
        if (armed && from.code.length == 0) revert NotWelcome(from);
        if (armed && to.code.length == 0) revert NotWelcome(to);
        super.move(from, to, value);
    }
}

contract TransferAnswersFalse is Plain {
    function transfer(address to, uint256 value) external override returns (bool) {
        if (armed) return false;
        move(msg.sender, to, value);
        return true;
    }

    function transferFrom(address from, address to, uint256 value) external override returns (bool) {
        if (armed) return false;
        spend(from, value);
        move(from, to, value);
        return true;
    }
}

/// Balances are shares of a whole that grows by a tenth.
contract Rebasing is Plain {
    function balanceOf(address owner) public view override returns (uint256) {
        return armed ? (held[owner] * 11) / 10 : held[owner];
    }

    function move(address from, address to, uint256 value) internal override {
        uint256 shares = armed ? (value * 10) / 11 : value;
        held[from] -= shares;
        held[to] += shares;
        log(from, to, value);
    }
}

contract DecimalsRevert is Plain {
    function decimals() external pure override returns (uint8) {
        revert("not implemented");
    }
}

contract NoDecimals is Plain {
    function decimals() external pure override returns (uint8) {
        return 0;
    }
}

contract TransferNotIndexed is Plain {
    function log(address from, address to, uint256 value) internal override {
        bytes memory data = abi.encode(from, to, value);
        bytes32 topic = Transfer.selector;
        assembly {
            log1(add(data, 32), mload(data), topic)
        }
    }
}

contract TransferNotLogged is Plain {
    function log(address, address, uint256) internal override {}
}

contract Forger {
    event Transfer(address indexed from, address indexed to, uint256 value);

    function forge(address from, address to, uint256 value) external {
        emit Transfer(from, to, value);
    }
}

/// It calls out while it moves: into the pool, which is locked, and to a contract that forges logs.
contract CallsOut is Plain {
    Forger private immutable forger = new Forger();

    function move(address from, address to, uint256 value) internal override {
        super.move(from, to, value);
        if (!armed) return;
        forger.forge(from, to, value * 1000);
        bytes memory swap = abi.encodeWithSignature(
            "swap(address,bool,int256,uint160,bytes)", to, true, int256(1), uint160(4295128740), ""
        );
        (bool done, ) = from.code.length > 0 ? from.call(swap) : to.call(swap);
        done;
    }
}
